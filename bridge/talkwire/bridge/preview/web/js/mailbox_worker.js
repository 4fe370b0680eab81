// The WebSocket, in a thread of its own: it takes messages when they arrive, and hands over all that wait at once,
// whenever the page is done with the last ones. A page that draws slowly so loses frames, not words.
//
// in:  {connect: url, id, originMs}, {send: bytes}, {close: true}, {next: true}
// out: {id, opened: true}, {id, closed: reason}, {id, mail: [{bytes, atMs}]}
import { isMotion } from "./wire.js";

const NEWEST = 32; // frames and patches, of which the newest are enough
let socket = null, id = 0, originMs = 0, wanted = true;
let lasting = [], newest = [];

onmessage = ({ data }) => {
  if (data.connect) connect(data);
  else if (data.send && socket?.readyState === WebSocket.OPEN) socket.send(data.send);
  else if (data.close) forget();
  else if (data.next) {
    wanted = true;
    deliver();
  }
};

function connect(order) {
  forget();
  ({ id, originMs } = order);
  const mine = (socket = new WebSocket(order.connect));
  mine.binaryType = "arraybuffer";
  mine.onopen = () => mine === socket && postMessage({ id, opened: true });
  mine.onclose = ({ reason }) => mine === socket && postMessage({ id, closed: reason });
  mine.onmessage = ({ data }) => mine === socket && take(new Uint8Array(data));
}

function forget() {
  const old = socket;
  socket = null;
  lasting = [];
  newest = [];
  old?.close();
}

function take(bytes) {
  const letter = { bytes, atMs: performance.timeOrigin + performance.now() - originMs };
  (isMotion(bytes) ? newest : lasting).push(letter);
  if (newest.length > NEWEST) newest.shift();
  deliver();
}

function deliver() {
  const mail = [...lasting, ...newest];
  if (!wanted || !mail.length) return;
  wanted = false;
  lasting = [];
  newest = [];
  postMessage({ id, mail }, mail.map(({ bytes }) => bytes.buffer));
}
