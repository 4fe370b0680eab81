using System;
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
        private static readonly int[] Triangles = { 0, 2, 3, 2, 1, 3, 1, 0, 3, 0, 1, 2 };  // counter-clockwise from outside

        public static void AHeadLooksAlongZAndItsLeftIsAtMinusX()
        {
            UnityEngine.Mesh mesh = Shown(Frame(Vertices, new float[] { 0, 0, 0, 1 })).Mesh;
            float[] wanted = { -0.1f, 0, 0, 0.1f, 0, 0, 0, 0.2f, 0, 0, 0.05f, 0.3f };
            for (int v = 0; v < 4; v++)
            {
                Near(new Vector3(wanted[3 * v], wanted[3 * v + 1], wanted[3 * v + 2]), Scene.Of(mesh, v), "vertex " + v);
            }
            Check.That(mesh.bounds.max.z >= 0.3f && mesh.bounds.min.x <= -0.1f && mesh.bounds.max.z < 0.4f, "bounds");
        }

        public static void ItsFrontsAreSeen()
        {
            UnityEngine.Mesh mesh = Shown(Frame(Vertices, new float[] { 0, 0, 0, 1 })).Mesh;
            for (int t = 0; t < mesh.Indices.Length; t += 3)
            {
                Vector3 a = Scene.Of(mesh, mesh.Indices[t]), b = Scene.Of(mesh, mesh.Indices[t + 1]), c = Scene.Of(mesh, mesh.Indices[t + 2]);
                Vector3 outward = (a + b + c) * (1 / 3f) - mesh.bounds.center, front = Vector3.Cross(b - a, c - a);
                Check.That(Vector3.Dot(front, outward) > 0, "triangle " + t / 3 + " is seen from inside");
            }
            for (int v = 0; v < 4; v++)
            {
                Vector3 normal = Scene.Of(mesh, v, true);
                Check.Near(1, normal.magnitude, 1e-4, "length of a normal");
                Check.That(Vector3.Dot(normal, Scene.Of(mesh, v) - mesh.bounds.center) > 0, "normal " + v + " points inward");
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
            float half = (float)(30 * Math.PI / 360);  // 30 degrees about +Y, to the wire's +X, which is the face's left
            HeadView view = Shown(Frame(Vertices, new float[] { 0, (float)Math.Sin(half), 0, (float)Math.Cos(half) }));
            Vector3 ahead = view.Transform.localRotation * Vector3.forward;
            Near(new Vector3(-0.5f, 0, (float)Math.Cos(Math.PI / 6)), ahead, "where it looks");
            Near(new Vector3(-0.01f, 0.02f, 0.03f), view.Transform.localPosition, "where it is");
        }

        public static void AFlippedBlockHasItsRowsInTurn()
        {
            byte[] blocks = { 1, 2, 3, 4, 10, 11, 12, 13, 5, 6, 7, 8, 20, 21, 22, 23 }, flipped = new byte[16];  // 4 wide, 8 high
            Bc1.Flip(new Bytes(blocks), 4, 8, flipped);
            Check.Equal("5 6 7 8 23 22 21 20 1 2 3 4 13 12 11 10", string.Join(" ", flipped), "blocks");
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
            Check.Equal("1 0.6 1 0", said.Emotions.Count + " " + Math.Round(said.Emotions[0].Share, 4) + " " + said.Layers.Count + " "
                + said.Layers[0].Share, "emotions and layers");
            manner.LookAway();
            Check.Equal(0, manner.Said().LookAtDeg.Count, "looks");
        }

        private static HeadView Shown(Frame frame)
        {
            var player = new Player(new SilentSink());
            player.Receive(MeshOf(), Topic.Mesh, 0, 0);
            player.Receive(frame, Topic.F32, 0, 0);
            Picture picture = player.Present(1);
            var pose = new HeadPose(player.Head);
            pose.Begin(player, picture);
            Check.That(pose.Finish(), "it is not done");
            TalkwireHub.StopAll();
            var view = new HeadView(new GameObject("parent").transform);
            view.Show(pose, picture.Face);
            return view;
        }

        private static Core.Wire.Mesh MeshOf()
        {
            var mesh = new Core.Wire.Mesh
            {
                TopologyId = Id, NeutralVx3 = Raw(Vertices), TrianglesTx3 = Raw(Triangles), WeldV = Raw(new[] { 0, 1, 2, 3 }),
                UvsVx2 = Raw(new[] { 0.25f, 0.125f, 0, 0, 1, 1, 0, 1 }), BoxLowM = Raw(new[] { -1f, -1, -1 }),
                BoxHighM = Raw(new[] { 1f, 1, 1 }), FrameRateHz = 60,
            };
            mesh.Parts.Add(new Part { Name = "skin", TriangleCount = 3, Roughness = 0.5 });
            mesh.Parts.Add(new Part { Name = "back", FirstTriangle = 3, TriangleCount = 1 });
            Check.Good(mesh.Check());
            return mesh;
        }

        private static Frame Frame(float[] vertices, float[] rotation)
        {
            var frame = new Frame
            {
                Stamp = new Stamp { TopologyId = Id, Utterance = 1, SampleRateHz = 16000, Flags = Flag.Idle | Flag.Key },
                Weights = Raw(new float[52]), HeadRotation = Raw(rotation), HeadTranslationM = Raw(new[] { 0.01f, 0.02f, 0.03f }),
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
