// The page's side of the thread that has the WebSocket (mailbox_worker.js).

export class Mailbox {
  /** heed: {opened(), closed(reason), letter(bytes, atMs)}: of the connection that was opened last. */
  constructor(heed) {
    this.heed = heed;
    this.id = 0;
    this.worker = new Worker(new URL("mailbox_worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.take(data);
  }

  connect(url) {
    this.id += 1;
    this.open = false;
    this.worker.postMessage({ connect: url, id: this.id, originMs: performance.timeOrigin });
  }

  send(bytes) {
    if (this.open) this.worker.postMessage({ send: bytes });
  }

  close() {
    this.id += 1;
    this.open = false;
    this.worker.postMessage({ close: true });
  }

  take({ id, opened, closed, mail }) {
    if (mail) this.worker.postMessage({ next: true });
    if (id !== this.id) return;
    if (opened) {
      this.open = true;
      this.heed.opened();
    } else if (mail) {
      for (const { bytes, atMs } of mail) if (id === this.id) this.heed.letter(bytes, atMs);
    } else {
      this.close();
      this.heed.closed(closed);
    }
  }
}
