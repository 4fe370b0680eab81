using System;

namespace Talkwire.Core.Wire
{
    /// <summary>Bits of Stamp.Flags and Audio.Flags.</summary>
    public static class Flag
    {
        public const int Idle = 1;  // an utterance without sound
        public const int Last = 2;  // of its utterance
        public const int Key = 4;  // needs no earlier frame
        public const int Repeat = 8;  // sent again for a late joiner
    }

    /// <summary>What never changes while an avatar speaks.</summary>
    public sealed class Mesh : Message
    {
        public string TopologyId = "";
        public Bytes NeutralVx3;  // f32 metres
        public Bytes TrianglesTx3;  // u32, counter-clockwise from outside
        public Bytes UvsVx2;  // f32, v grows downward
        public Bytes WeldV;  // u32: the first vertex at the same place
        public Bytes BoxLowM, BoxHighM;  // 3 f32 each
        public readonly Rows<Part> Parts = new Rows<Part>(Limits.MaxParts);
        public int FrameRateHz;
        public string Generated = "";  // IPTC's word for how; empty: it was not said
        public string Shows = "";  // who is shown, and that they agreed

        public override int Tag => 32;
        public override string Name => "Mesh";
        public int VertexCount => NeutralVx3.Count / 12;
        public int TriangleCount => TrianglesTx3.Count / 12;

        public override void Visit(Fields fields)
        {
            fields.Text("topology_id", ref TopologyId, TextRule.TopologyId);
            fields.Raw("neutral_vx3", ref NeutralVx3, RawRule.Vertices);
            fields.Raw("triangles_tx3", ref TrianglesTx3, RawRule.Triangles);
            fields.Raw("uvs_vx2", ref UvsVx2, RawRule.Uvs);
            fields.Raw("weld_v", ref WeldV, RawRule.Weld);
            fields.Raw("box_low_m", ref BoxLowM, RawRule.Vector);
            fields.Raw("box_high_m", ref BoxHighM, RawRule.Vector);
            Parts.Visit(fields, "parts");
            fields.Whole("frame_rate_hz", ref FrameRateHz, 1, 1000);
            fields.Appended();
            fields.Text("generated", ref Generated, TextRule.Term);
            fields.Text("shows", ref Shows, TextRule.Sentence);
        }

        /// <summary>Arrays agree on V, indices point into it, parts follow each other, the box has a volume.</summary>
        public override Problem Check()
        {
            int v = VertexCount;
            if (UvsVx2.Count != 8 * v || WeldV.Count != 4 * v)
            {
                return Problem.Refused("Mesh",
                    UvsVx2.Count / 8 + " uvs, " + WeldV.Count / 4 + " welds", v + " of each");
            }
            uint highest = Math.Max(Highest(TrianglesTx3), Highest(WeldV));
            if (highest >= v)
            {
                return Problem.Refused("Mesh", "index " + highest, "indices below " + v);
            }
            for (int axis = 0; axis < 3; axis++)
            {
                if (!(BoxLowM.F32(axis) < BoxHighM.F32(axis)))
                {
                    return Problem.Refused("Mesh.box", "no volume", "low below high on each axis");
                }
            }
            int covered = 0;
            for (int i = 0; i < Parts.Count; i++)
            {
                if (Parts[i].FirstTriangle != covered)
                {
                    return Problem.Refused("Mesh.parts",
                        "a part at triangle " + Parts[i].FirstTriangle, "triangle " + covered);
                }
                covered += Parts[i].TriangleCount;
            }
            return covered == TriangleCount ? null
                : Problem.Refused("Mesh.parts", covered + " triangles", "" + TriangleCount);
        }

        private static uint Highest(Bytes indices)
        {
            uint highest = 0;
            for (int i = 0; i < indices.Count / 4; i++)
            {
                highest = Math.Max(highest, indices.U32(i));
            }
            return highest;
        }
    }

    public struct Part : IRow
    {
        public string Name;
        public int FirstTriangle, TriangleCount;
        public double Roughness, Specular;

        public int Columns => 5;

        public void Visit(Fields fields)
        {
            fields.Text("name", ref Name, TextRule.PartName);
            fields.Whole("first_triangle", ref FirstTriangle, 0, Limits.MaxTriangles);
            fields.Whole("triangle_count", ref TriangleCount, 0, Limits.MaxTriangles);
            fields.Real("roughness", ref Roughness, 0, 1);
            fields.Real("specular", ref Specular, 0, 1);
        }
    }

    /// <summary>The image that the UVs index, sRGB: an encoded file, or BC1 blocks.</summary>
    public sealed class Texture : Message
    {
        public string TopologyId = "", Format = "";  // png, jpeg, bc1
        public Bytes Image;
        public int WidthPx, HeightPx;  // of BC1; a file says its own

        public override int Tag => 33;
        public override string Name => "Texture";

        public override void Visit(Fields fields)
        {
            fields.Text("topology_id", ref TopologyId, TextRule.TopologyId);
            fields.Text("format", ref Format, TextRule.TextureFormats);
            fields.Raw("image", ref Image, RawRule.Image);
            fields.Appended();
            fields.Whole("width_px", ref WidthPx, 0, Limits.MaxTextureSidePx);
            fields.Whole("height_px", ref HeightPx, 0, Limits.MaxTextureSidePx);
        }

        /// <summary>As many bytes as the size says.</summary>
        public override Problem Check()
        {
            return Whole(Format, Image, WidthPx, HeightPx, "Texture.image");
        }

        /// <summary>BC1 has 8 bytes for 4 x 4 pixels, RGB 3 for each; a file says its own size.</summary>
        internal static Problem Whole(string format, Bytes image, int widthPx, int heightPx, string where)
        {
            int wanted = format == "bc1" ? 8 * ((widthPx + 3) / 4) * ((heightPx + 3) / 4)
                : format == "rgb" ? 3 * widthPx * heightPx : image.Count;
            return image.Count == wanted ? null
                : Problem.Refused(where, image.Count + " bytes of " + format, "" + wanted);
        }
    }

    /// <summary>What every message of a moment begins with. Pts counts samples of the utterance at
    /// SampleRateHz.</summary>
    public struct Stamp
    {
        public string TopologyId;
        public uint Utterance, Generation, Seq;
        public long Pts;
        public int SampleRateHz, Flags;
        public long ServerNs;

        public bool Has(int flag)
        {
            return (Flags & flag) != 0;
        }

        internal void Visit(Fields fields)
        {
            fields.Text("topology_id", ref TopologyId, TextRule.TopologyId);
            fields.U32("utterance", ref Utterance);
            fields.U32("generation", ref Generation);
            fields.U32("seq", ref Seq);
            fields.Pts("pts", ref Pts);
            fields.Rate("sample_rate_hz", ref SampleRateHz);
            fields.Whole("flags", ref Flags, 0, 255);
            fields.Nanoseconds("server_ns", ref ServerNs);
        }
    }

    /// <summary>A message of a moment.</summary>
    public abstract class Stamped : Message
    {
        public Stamp Stamp;
    }

    /// <summary>One moment of the face. Vertices are in head space: the head's pose is not applied.</summary>
    public sealed class Frame : Stamped
    {
        public Bytes Weights;  // 52 f32
        public Bytes HeadRotation;  // 4 f32 xyzw
        public Bytes HeadTranslationM;  // 3 f32
        public string Codec = "";
        public int VertexCount;
        public Bytes Vertices;  // as the codec has them: see Vertices
        public int Every = 1;  // frames are sent whose seq this divides
        public Bytes Normals;  // octahedral, 2 i8 a vertex, or none

        public override int Tag => 34;
        public override string Name => "Frame";

        public override void Visit(Fields fields)
        {
            Stamp.Visit(fields);
            fields.Raw("weights", ref Weights, RawRule.Weights);
            fields.Raw("head_rotation", ref HeadRotation, RawRule.Rotation);
            fields.Raw("head_translation_m", ref HeadTranslationM, RawRule.Vector);
            fields.Text("codec", ref Codec, TextRule.Codecs);
            fields.Whole("vertex_count", ref VertexCount, 3, Limits.MaxVertices);
            fields.Raw("vertices", ref Vertices, RawRule.Coded);
            fields.Appended();
            fields.Every("every", ref Every);
            fields.Raw("normals", ref Normals, RawRule.Normals);
        }

        /// <summary>The codec's byte count, a unit quaternion, and no NaN among float vertices.</summary>
        public override Problem Check()
        {
            int wanted = (Codec == "f32" ? 12 : Codec == "q16" ? 6 : 0) * VertexCount;
            if (wanted > 0 && Vertices.Count != wanted)
            {
                return Problem.Refused("Frame.vertices", Vertices.Count + " bytes", wanted + " (" + Codec + ")");
            }
            if (Normals.Count > 0 && Normals.Count != 2 * VertexCount)
            {
                return Problem.Refused("Frame.normals", Normals.Count + " bytes", 2 * VertexCount + " or none");
            }
            double norm = Math.Sqrt(Square(0) + Square(1) + Square(2) + Square(3));
            if (Math.Abs(norm - 1) > 1e-3)
            {
                return Problem.Refused("Frame.head_rotation", "length " + norm, "a unit quaternion");
            }
            return Codec != "f32" || RawRule.Vertices.Allows(Vertices) ? null
                : Problem.Refused("Frame.vertices", RawRule.Vertices.Seen(Vertices), RawRule.Vertices.Wanted);
        }

        private double Square(int i)
        {
            double value = HeadRotation.F32(i);
            return value * value;
        }
    }

    /// <summary>The sound of an utterance from sample Pts on, to be played in sync.</summary>
    public sealed class Audio : Message
    {
        public uint Utterance, Generation;
        public long Pts;
        public int SampleRateHz, Flags;
        public long ServerNs;
        public Bytes Samples;  // i16, mono

        public override int Tag => 35;
        public override string Name => "Audio";
        public int SampleCount => Samples.Count / 2;

        public override void Visit(Fields fields)
        {
            fields.U32("utterance", ref Utterance);
            fields.U32("generation", ref Generation);
            fields.Pts("pts", ref Pts);
            fields.Rate("sample_rate_hz", ref SampleRateHz);
            fields.Whole("flags", ref Flags, 0, 255);
            fields.Nanoseconds("server_ns", ref ServerNs);
            fields.Raw("samples", ref Samples, RawRule.Audio);
        }
    }

    /// <summary>Something happened to an utterance, exactly once.</summary>
    public sealed class Event : Message
    {
        public string Kind = "";  // started, ended, interrupted, closed
        public uint Utterance, Generation;
        public long Pts;
        public int SampleRateHz;
        public long ServerNs, HeardNs;
        public string Reason = "";

        public override int Tag => 36;
        public override string Name => "Event";

        public override void Visit(Fields fields)
        {
            fields.Text("kind", ref Kind, TextRule.EventKinds);
            fields.U32("utterance", ref Utterance);
            fields.U32("generation", ref Generation);
            fields.Pts("pts", ref Pts);
            fields.Rate("sample_rate_hz", ref SampleRateHz);
            fields.Nanoseconds("server_ns", ref ServerNs);
            fields.Nanoseconds("heard_ns", ref HeardNs);
            fields.Text("reason", ref Reason, TextRule.Sentence);
        }
    }

    /// <summary>The rectangles of the texture that change with the expression, all of them, at one moment.</summary>
    public sealed class Patch : Stamped
    {
        public readonly Rows<PatchRectangle> Patches = new Rows<PatchRectangle>(Limits.MaxPatches);

        public override int Tag => 37;
        public override string Name => "Patch";

        public override void Visit(Fields fields)
        {
            Stamp.Visit(fields);
            Patches.Visit(fields, "patches");
        }

        /// <summary>As many bytes as the sizes say: whoever uploads them trusts it.</summary>
        public override Problem Check()
        {
            Problem problem = null;
            for (int i = 0; i < Patches.Count && problem == null; i++)
            {
                PatchRectangle patch = Patches[i];
                problem = Texture.Whole(patch.Format, patch.Image, patch.Width, patch.Height, "Patch.patches");
            }
            return problem;
        }
    }

    /// <summary>In pixels of the texture, from its top left; the picture has that size.</summary>
    public struct PatchRectangle : IRow
    {
        public int Left, Top, Width, Height;
        public string Format;  // jpeg, bc1, rgb
        public Bytes Image;

        public int Columns => 6;

        public void Visit(Fields fields)
        {
            fields.Whole("left", ref Left, 0, Limits.MaxTextureSidePx);
            fields.Whole("top", ref Top, 0, Limits.MaxTextureSidePx);
            fields.Whole("width", ref Width, 1, Limits.MaxTextureSidePx);
            fields.Whole("height", ref Height, 1, Limits.MaxTextureSidePx);
            fields.Text("format", ref Format, TextRule.PatchFormats);
            fields.Raw("image", ref Image, RawRule.Image);
        }
    }

    /// <summary>The head as a sum, for readers of coefficients.</summary>
    public sealed class Basis : Message
    {
        public string TopologyId = "";
        public int Own;  // how many coefficients a frame has before the 52 weights
        public double ErrorM;
        public Bytes MeanVx3;  // f32 metres
        public readonly Rows<Block> Blocks = new Rows<Block>(Limits.MaxParts);
        public Bytes ScalesM;  // f32, one for each component
        public Bytes Components;  // i16, [component_count, vertex_count, 3] of each block in turn

        public override int Tag => 38;
        public override string Name => "Basis";
        public int VertexCount => MeanVx3.Count / 12;

        public override void Visit(Fields fields)
        {
            fields.Text("topology_id", ref TopologyId, TextRule.TopologyId);
            fields.Whole("own", ref Own, 0, Limits.MaxComponents);
            fields.Real("error_m", ref ErrorM, 0, 1);
            fields.Raw("mean_vx3", ref MeanVx3, RawRule.Vertices);
            Blocks.Visit(fields, "blocks");
            fields.Raw("scales_m", ref ScalesM, RawRule.Scales);
            fields.Raw("components", ref Components, RawRule.Components);
        }

        /// <summary>Blocks lie within the vertices and the coefficients, and there is as much of all as they
        /// say.</summary>
        public override Problem Check()
        {
            int vertices = VertexCount, coefficients = Own + Limits.WeightCount;
            long scales = 0, rows = 0;
            for (int i = 0; i < Blocks.Count; i++)
            {
                Block block = Blocks[i];
                if (block.FirstVertex + block.VertexCount > vertices
                    || block.FirstCoefficient + block.ComponentCount > coefficients)
                {
                    return Problem.Refused("Basis.blocks", "vertices to " + (block.FirstVertex + block.VertexCount)
                        + ", coefficients to " + (block.FirstCoefficient + block.ComponentCount),
                        "at most " + vertices + " and " + coefficients);
                }
                scales += block.ComponentCount;
                rows += (long)block.VertexCount * block.ComponentCount;
            }
            return ScalesM.Count == 4 * scales && Components.Count == 6 * rows ? null
                : Problem.Refused("Basis", ScalesM.Count / 4 + " scales, " + Components.Count / 6 + " rows",
                    scales + " and " + rows);
        }
    }

    public struct Block : IRow
    {
        public int FirstVertex, VertexCount, FirstCoefficient, ComponentCount;

        public int Columns => 4;

        public void Visit(Fields fields)
        {
            fields.Whole("first_vertex", ref FirstVertex, 0, Limits.MaxVertices);
            fields.Whole("vertex_count", ref VertexCount, 1, Limits.MaxVertices);
            fields.Whole("first_coefficient", ref FirstCoefficient, 0, Limits.MaxComponents);
            fields.Whole("component_count", ref ComponentCount, 1, Limits.MaxComponents);
        }
    }

    /// <summary>A frame for who has the basis, or just the shapes: no vertices.</summary>
    public sealed class Coefficients : Stamped
    {
        public Bytes HeadRotation;  // 4 i16 xyzw, times 32767
        public Bytes HeadTranslationM;  // 3 f16
        public Bytes Weights;  // 52 f16
        public Bytes Own;  // f16; none on the plane frame/arkit
        public int Every = 1;

        public override int Tag => 39;
        public override string Name => "Coefficients";

        public override void Visit(Fields fields)
        {
            Stamp.Visit(fields);
            fields.Raw("head_rotation", ref HeadRotation, RawRule.ShortRotation);
            fields.Raw("head_translation_m", ref HeadTranslationM, RawRule.ShortVector);
            fields.Raw("weights", ref Weights, RawRule.ShortWeights);
            fields.Raw("own", ref Own, RawRule.Own);
            fields.Appended();
            fields.Every("every", ref Every);
        }

        /// <summary>A unit quaternion.</summary>
        public override Problem Check()
        {
            double norm = Math.Sqrt(Square(0) + Square(1) + Square(2) + Square(3));
            return Math.Abs(norm - 1) <= 1e-3 ? null
                : Problem.Refused("Coefficients.head_rotation", "length " + norm, "a unit quaternion");
        }

        private double Square(int i)
        {
            double value = HeadRotation.I16(i) / 32767.0;
            return value * value;
        }
    }

    /// <summary>How near the mouth is to each of Oculus LipSync's 15; together 1.</summary>
    public sealed class Visemes : Stamped
    {
        public Bytes Shares;  // 15 f16
        public int Every = 1;

        public override int Tag => 40;
        public override string Name => "Visemes";

        public override void Visit(Fields fields)
        {
            Stamp.Visit(fields);
            fields.Raw("shares", ref Shares, RawRule.Shares);
            fields.Appended();
            fields.Every("every", ref Every);
        }
    }
}
