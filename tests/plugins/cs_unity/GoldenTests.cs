using System;
using System.Reflection;
using Talkwire.Core;
using Talkwire.Core.Wire;
using UnityEngine;

namespace Talkwire.Tests
{
    /// <summary>Numbers that are known: where a head lies in Unity's space, and which side of it is seen.</summary>
    public static class GoldenTests
    {
        private const string Id = "0123456789abcdef";

        // a pyramid whose tip is its nose: metres, right-handed, +Y up, +Z out of the face
        private static readonly float[] Vertices = { 0.1f, 0, 0, -0.1f, 0, 0, 0, 0.2f, 0, 0, 0.05f, 0.3f };
        // counter-clockwise from outside
        private static readonly int[] Triangles = { 0, 2, 3, 2, 1, 3, 1, 0, 3, 0, 1, 2 };

        public static void AHeadLooksAlongZAndItsLeftIsAtMinusX()
        {
            UnityEngine.Mesh mesh = Shown(Frame(Vertices, new float[] { 0, 0, 0, 1 })).Mesh;
            float[] wanted = { -0.1f, 0, 0, 0.1f, 0, 0, 0, 0.2f, 0, 0, 0.05f, 0.3f };
            for (int v = 0; v < 4; v++)
            {
                Near(new Vector3(wanted[3 * v], wanted[3 * v + 1], wanted[3 * v + 2]), Scene.Of(mesh, v),
                    "vertex " + v);
            }
            Check.That(mesh.bounds.max.z >= 0.3f && mesh.bounds.min.x <= -0.1f && mesh.bounds.max.z < 0.4f, "bounds");
        }

        public static void ItsFrontsAreSeen()
        {
            UnityEngine.Mesh mesh = Shown(Frame(Vertices, new float[] { 0, 0, 0, 1 })).Mesh;
            for (int t = 0; t < mesh.Indices.Length; t += 3)
            {
                Vector3 a = Scene.Of(mesh, mesh.Indices[t]), b = Scene.Of(mesh, mesh.Indices[t + 1]),
                    c = Scene.Of(mesh, mesh.Indices[t + 2]);
                Vector3 outward = (a + b + c) * (1 / 3f) - mesh.bounds.center, front = Vector3.Cross(b - a, c - a);
                Check.That(Vector3.Dot(front, outward) > 0, "triangle " + t / 3 + " is seen from inside");
            }
            for (int v = 0; v < 4; v++)
            {
                Vector3 normal = Scene.Of(mesh, v, true);
                Check.Near(1, normal.magnitude, 1e-4, "length of a normal");
                Check.That(Vector3.Dot(normal, Scene.Of(mesh, v) - mesh.bounds.center) > 0,
                    "normal " + v + " points inward");
            }
        }

        public static void ATexturesTopIsAtVOne()
        {
            byte[] uvs = Shown(Frame(Vertices, new float[] { 0, 0, 0, 1 })).Mesh.Streams[1];
            Check.Equal(0.25f, BitConverter.ToSingle(uvs, 0), "u");
            Check.Equal(1 - 0.125f, BitConverter.ToSingle(uvs, 4), "v");
        }

        public static void AHeadThatTurnsToItsLeftTurnsToMinusX()
        {
            // 30 degrees about +Y, to the wire's +X, which is the face's left
            float half = (float)(30 * Math.PI / 360);
            HeadView view = Shown(Frame(Vertices, new float[] { 0, (float)Math.Sin(half), 0, (float)Math.Cos(half) }));
            Vector3 ahead = view.Transform.localRotation * Vector3.forward;
            Near(new Vector3(-0.5f, 0, (float)Math.Cos(Math.PI / 6)), ahead, "where it looks");
            Near(new Vector3(-0.01f, 0.02f, 0.03f), view.Transform.localPosition, "where it is");
        }

        public static void ABoneTurnsWithTheBodysAxesWhateverItsOwnAre()
        {
            var body = new GameObject("body");
            body.SetActive(false);
            body.transform.rotation = Quaternion.Euler(0, 90, 0);
            var bone = new GameObject("bone");
            bone.transform.SetParent(body.transform, false);
            bone.transform.localRotation = Quaternion.Euler(90, 0, 0);
            Vector3 nose = Quaternion.Inverse(bone.transform.rotation) * (body.transform.rotation * Vector3.forward);
            var shapes = body.AddComponent<TalkwireBlendShapes>();
            shapes.Head = bone.transform;
            float half = (float)(30 * Math.PI / 360);
            Player player = Playing(Frame(Vertices, new float[] { 0, (float)Math.Sin(half), 0, (float)Math.Cos(half) }));
            MethodInfo show = typeof(TalkwireBlendShapes).GetMethod("Show", BindingFlags.Instance | BindingFlags.NonPublic);
            for (int i = 0; i < 2; i++)  // from its rest each time, not from where it was
            {
                show.Invoke(shapes, new object[] { null, player.Present(1) });
            }
            Vector3 ahead = Quaternion.Inverse(body.transform.rotation) * (bone.transform.rotation * nose);
            Near(new Vector3(-0.5f, 0, (float)Math.Cos(Math.PI / 6)), ahead, "where it looks, by the body");
            UnityEngine.Object.DestroyImmediate(body);
        }

        public static void AFlippedBlockHasItsRowsInTurn()
        {
            // 4 wide, 8 high
            byte[] blocks = { 1, 2, 3, 4, 10, 11, 12, 13, 5, 6, 7, 8, 20, 21, 22, 23 }, flipped = new byte[16];
            Bc1.Flip(new Bytes(blocks), 4, 8, flipped);
            Check.Equal("5 6 7 8 23 22 21 20 1 2 3 4 13 12 11 10", string.Join(" ", flipped), "blocks");
        }

        public static void APatchLiesWhereItIsInThePicture()
        {
            Player player = Playing(Frame(Vertices, new float[] { 0, 0, 0, 1 }));
            var texture = new FaceTexture();
            player.Receive(Texture8x8(), Topic.TextureBc1, 0, 0);
            Check.That(texture.Show(player.Texture, player.Present(1)), "it cannot be shown");
            Check.Equal("8 8 DXT1",
                texture.Texture.width + " " + texture.Texture.height + " " + texture.Texture.format, "texture");
            Check.Equal("3 4 1 2", Blocks(texture.Texture), "blocks from the lowest row on");
            texture.Show(player.Texture, Later(player, 1, 4, 0));
            Check.Equal("3 4 1 9", Blocks(texture.Texture), "with the top right one changed");
            int changes = texture.Texture.Changes;
            texture.Show(player.Texture, Later(player, 2, 4, 0, false));
            Check.Equal(changes, texture.Texture.Changes, "changed again");
            texture.Show(player.Texture, Later(player, 3, 8, 0));
            texture.Show(player.Texture, Later(player, 4, 2, 0));
            texture.Show(player.Texture, Later(player, 5, 0, 8));
            Check.Equal("3 4 1 9", Blocks(texture.Texture), "with patches that are no part of it");
            texture.Show(player.Texture, Later(player, 6, 0, 4));
            Check.Equal("9 4 1 9", Blocks(texture.Texture), "with the lowest left one changed");
            texture.Destroy();
            SystemInfo.HasBc1 = false;
            Check.That(!texture.Show(player.Texture, player.Present(2000000000)), "a card without BC1 shows it");
            Check.Equal(Topic.Patch, PatchPlane.Best, "what it wants");
            SystemInfo.HasBc1 = true;
        }

        public static void APatchWithoutLossHasItsRowsFromTheLowestOn()
        {
            Player player = Playing(Frame(Vertices, new float[] { 0, 0, 0, 1 }));
            var texture = new FaceTexture();
            player.Receive(Png4x4(), Topic.Texture, 0, 0);
            Check.That(texture.Show(player.Texture, player.Present(1)), "it cannot be shown");
            texture.Show(player.Texture, Later(player, 1, Rgb(1, 0, 2, 3, 4)));  // 3 rows of 2 pixels, at the top
            Check.Equal("RGB24", "" + texture.Texture.format, "as a JPEG is");
            Check.Equal("0 0 0 0 0 15 18 0 0 9 12 0 0 3 6 0", Reds(texture.Texture), "pixels from the lowest row on");
            int changes = texture.Texture.Changes;
            texture.Show(player.Texture, Later(player, 2, Rgb(3, 0, 2, 3, 4)));
            texture.Show(player.Texture, Later(player, 3, Rgb(0, 2, 2, 3, 4)));
            texture.Show(player.Texture, Later(player, 4, PatchAt(default(Stamp), 0, 0)));
            Check.Equal(changes, texture.Texture.Changes, "changed by what is no part of it");
            texture.Show(player.Texture, Later(player, 5, Rgb(3, 3, 1, 1, 90)));
            Check.Equal("0 0 0 89 0 15 18 0 0 9 12 0 0 3 6 0", Reds(texture.Texture), "with one in the lowest right");
            texture.Destroy();
        }

        public static void AHeadSaysWhomItShows()
        {
            Core.Wire.Mesh mesh = MeshOf();
            mesh.Generated = "trainedAlgorithmicMedia";
            mesh.Shows = "Ann, who agreed";
            Check.Good(mesh.Check());
            var player = new Player(new SilentSink());
            player.Receive(MeshOf(), Topic.Mesh, 0, 0);
            Check.Equal("", player.Head.Generated + player.Head.Shows, "of an older server");
            player.Receive(mesh, Topic.Mesh, 0, 0);
            Check.Equal("trainedAlgorithmicMedia: Ann, who agreed", player.Head.Generated + ": " + player.Head.Shows, "says");
        }

        public static void ADuplicatedObjectHasOneHead()
        {
            HeadView view = Shown(Frame(Vertices, new float[] { 0, 0, 0, 1 }));
            Transform parent = view.Transform.parent;
            new HeadView(parent);
            Check.Equal(1, parent.GetComponentsInChildren<MeshFilter>().Length, "heads");
        }

        public static void EyesFollowToTheFacesLeftAndUp()
        {
            var manner = new Manner();
            manner.LookAt(new Vector3(-1, 1, 1));
            Style said = null;
            manner.SetEmotion("joy", 0.5f);
            manner.SetEmotion("joy", 0.6f);
            manner.SetLayer("gaze", 0);
            said = manner.Said();
            Check.Near(45, said.LookAtDeg[0].YawDeg, 1e-4, "yaw");
            Check.Near(35.26, said.LookAtDeg[0].PitchDeg, 0.01, "pitch");
            Check.Equal("1 0.6 1 0",
                said.Emotions.Count + " " + Math.Round(said.Emotions[0].Share, 4) + " " + said.Layers.Count + " "
                + said.Layers[0].Share, "emotions and layers");
            manner.LookAway();
            Check.Equal(0, manner.Said().LookAtDeg.Count, "looks");
        }

        private static HeadView Shown(Frame frame)
        {
            Player player = Playing(frame);
            Picture picture = player.Present(1);
            var pose = new HeadPose(player.Head);
            pose.Begin(player, picture);
            Check.That(System.Threading.SpinWait.SpinUntil(() => pose.IsDone, 10000), "it is not done");
            pose.Take();
            TalkwireHub.StopAll();
            var view = new HeadView(new GameObject("parent").transform);
            view.Show(pose, picture.Face);
            return view;
        }

        private static Player Playing(Frame frame)
        {
            var player = new Player(new SilentSink());
            player.Receive(MeshOf(), Topic.Mesh, 0, 0);
            player.Receive(frame, Topic.F32, 0, 0);
            return player;
        }

        private static Core.Wire.Texture Texture8x8()
        {
            var image = new byte[32];
            for (int block = 0; block < 4; block++)
            {
                image[8 * block] = (byte)(block + 1);
            }
            return new Core.Wire.Texture
            {
                TopologyId = Id, Format = "bc1", Image = new Bytes(image), WidthPx = 8, HeightPx = 8,
            };
        }

        /// <summary>As far as its size is read.</summary>
        private static Core.Wire.Texture Png4x4()
        {
            var image = new byte[30];
            new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }.CopyTo(image, 0);
            image[19] = image[23] = 4;
            return new Core.Wire.Texture { TopologyId = Id, Format = "png", Image = new Bytes(image) };
        }

        /// <summary>Rows of pixels, which count from `first` on: 3 numbers a pixel.</summary>
        private static Patch Rgb(int left, int top, int width, int height, int first)
        {
            var rows = new byte[3 * width * height];
            for (int i = 0; i < rows.Length; i++)
            {
                rows[i] = (byte)(first + i - 1);
            }
            var patch = new Patch();
            patch.Patches.Add(new PatchRectangle
            {
                Left = left, Top = top, Width = width, Height = height, Format = "rgb", Image = new Bytes(rows),
            });
            Check.Good(patch.Check());
            return patch;
        }

        private static string Reds(Texture2D texture)
        {
            var reds = new string[texture.Raw.Length / 3];
            for (int i = 0; i < reds.Length; i++)
            {
                reds[i] = "" + texture.Raw[3 * i];
            }
            return string.Join(" ", reds);
        }

        /// <summary>The picture a tenth of a second later, with a patch of that place.</summary>
        private static Picture Later(Player player, int step, int left, int top, bool patched = true)
        {
            return Later(player, step, patched ? PatchAt(default(Stamp), left, top) : null);
        }

        private static Picture Later(Player player, int step, Patch patch)
        {
            long nowNs = step * 100000000L;
            Frame frame = Frame(Vertices, new float[] { 0, 0, 0, 1 }, step);
            player.Receive(frame, Topic.F32, nowNs, 0);
            if (patch != null)
            {
                patch.Stamp = frame.Stamp;
                player.Receive(patch, Topic.Patch, nowNs, 0);
            }
            return player.Present(nowNs + 90000000);  // idling goes on to its newest frame, and no further
        }

        private static Patch PatchAt(Stamp stamp, int left, int top)
        {
            var patch = new Patch { Stamp = stamp };
            patch.Patches.Add(new PatchRectangle
            {
                Left = left, Top = top, Width = 4, Height = 4, Format = "bc1",
                Image = new Bytes(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0 }),
            });
            return patch;
        }

        /// <summary>Of each block its first byte.</summary>
        private static string Blocks(Texture2D texture)
        {
            return texture.Raw[0] + " " + texture.Raw[8] + " " + texture.Raw[16] + " " + texture.Raw[24];
        }

        private static Core.Wire.Mesh MeshOf()
        {
            var mesh = new Core.Wire.Mesh
            {
                TopologyId = Id, NeutralVx3 = Raw(Vertices), TrianglesTx3 = Raw(Triangles),
                WeldV = Raw(new[] { 0, 1, 2, 3 }),
                UvsVx2 = Raw(new[] { 0.25f, 0.125f, 0, 0, 1, 1, 0, 1 }), BoxLowM = Raw(new[] { -1f, -1, -1 }),
                BoxHighM = Raw(new[] { 1f, 1, 1 }), FrameRateHz = 60,
            };
            mesh.Parts.Add(new Part { Name = "skin", TriangleCount = 3, Roughness = 0.5 });
            mesh.Parts.Add(new Part { Name = "back", FirstTriangle = 3, TriangleCount = 1 });
            Check.Good(mesh.Check());
            return mesh;
        }

        private static Frame Frame(float[] vertices, float[] rotation, int step = 0)
        {
            var frame = new Frame
            {
                Stamp = new Stamp
                {
                    TopologyId = Id, Utterance = 1, Seq = (uint)step, Pts = 1600 * step, SampleRateHz = 16000,
                    Flags = Flag.Idle | Flag.Key,
                },
                Weights = Raw(new float[52]), HeadRotation = Raw(rotation),
                HeadTranslationM = Raw(new[] { 0.01f, 0.02f, 0.03f }),
                Codec = "f32", VertexCount = 4, Vertices = Raw(vertices),
            };
            Check.Good(frame.Check());
            return frame;
        }

        private static Bytes Raw(Array values)
        {
            var bytes = new byte[4 * values.Length];
            Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
            return new Bytes(bytes);
        }

        private static void Near(Vector3 wanted, Vector3 seen, string what)
        {
            Check.That(Vector3.Distance(wanted, seen) < 1e-5, what + ": saw " + seen.x + " " + seen.y + " " + seen.z);
        }
    }
}
