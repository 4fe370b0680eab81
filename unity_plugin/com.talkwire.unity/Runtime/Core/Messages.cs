namespace Talkwire.Core.Wire
{
    /// <summary>A message of the protocol: plain fields, named as in PROTOCOL.md. Bulk fields (Bytes) are views into
    /// the buffer that it was read from. Control messages are in this file, in the order of their tags.</summary>
    public abstract class Message
    {
        public abstract int Tag { get; }
        public abstract string Name { get; }

        /// <summary>Shows every field once, in the order of the wire.</summary>
        public abstract void Visit(Fields fields);

        /// <summary>What must hold between the fields.</summary>
        public virtual Problem Check()
        {
            return null;
        }
    }

    public sealed class Hello : Message
    {
        public uint Ref;
        public int Major = Limits.ProtocolMajor, Minor = Limits.ProtocolMinor;
        public string Agent = "";
        public string[] Capabilities = { };
        public long BandwidthKbitS;  // of one NPC; 0: enough for anything
        public string Token = "";

        public override int Tag => 1;
        public override string Name => "Hello";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Whole("major", ref Major, 0, 65535);
            fields.Whole("minor", ref Minor, 0, 65535);
            fields.Text("agent", ref Agent, TextRule.Sentence);
            fields.Words("capabilities", ref Capabilities, TextRule.Capability);
            fields.Appended();
            fields.Whole("bandwidth_kbit_s", ref BandwidthKbitS, 0, 1L << 31);
            fields.Text("token", ref Token, TextRule.Sentence);
        }
    }

    public sealed class Welcome : Message
    {
        public uint Ref;
        public int Major, Minor;
        public string Agent = "";
        public string[] Capabilities = { };
        public int MediaPort, MotionPort;
        public string Run = "";  // another one after a restart
        public string[] Avatars = { };  // that may be opened

        public override int Tag => 2;
        public override string Name => "Welcome";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Whole("major", ref Major, 0, 65535);
            fields.Whole("minor", ref Minor, 0, 65535);
            fields.Text("agent", ref Agent, TextRule.Sentence);
            fields.Words("capabilities", ref Capabilities, TextRule.Capability);
            fields.Whole("media_port", ref MediaPort, 1, 65535);
            fields.Whole("motion_port", ref MotionPort, 1, 65535);
            fields.Appended();
            fields.Text("run", ref Run, TextRule.Run);
            fields.Words("avatars", ref Avatars, TextRule.Avatar);
        }
    }

    public sealed class Open : Message
    {
        public uint Ref;
        public string Session = "", Avatar = "";

        public override int Tag => 3;
        public override string Name => "Open";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Text("session", ref Session, TextRule.Session);
            fields.Appended();
            fields.Text("avatar", ref Avatar, TextRule.Avatar);
        }
    }

    public sealed class Opened : Message
    {
        public uint Ref;
        public string Session = "", TopologyId = "";
        public int FrameRateHz;
        public double LookAheadS, MaxQueuedS;
        public string Avatar = "", Frames = "";  // Frames: the plane that suits this client

        public override int Tag => 4;
        public override string Name => "Opened";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Text("session", ref Session, TextRule.Session);
            fields.Text("topology_id", ref TopologyId, TextRule.TopologyId);
            fields.Whole("frame_rate_hz", ref FrameRateHz, 1, 1000);
            fields.Real("look_ahead_s", ref LookAheadS, 0, 60);
            fields.Real("max_queued_s", ref MaxQueuedS, 0, 3600);
            fields.Appended();
            fields.Text("avatar", ref Avatar, TextRule.Avatar);
            fields.Text("frames", ref Frames, TextRule.Plane);
        }
    }

    public sealed class Begin : Message
    {
        public uint Ref;
        public string Session = "";
        public uint Line;
        public int SampleRateHz;

        public override int Tag => 5;
        public override string Name => "Begin";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Text("session", ref Session, TextRule.Session);
            fields.U32("line", ref Line);
            fields.Rate("sample_rate_hz", ref SampleRateHz);
        }
    }

    public sealed class ChunkS16 : Message
    {
        public uint Ref;
        public string Session = "";
        public uint Line;
        public Bytes Samples;  // i16, mono

        public override int Tag => 6;
        public override string Name => "ChunkS16";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Text("session", ref Session, TextRule.Session);
            fields.U32("line", ref Line);
            fields.Raw("samples", ref Samples, RawRule.ChunkS16);
        }
    }

    public sealed class ChunkF32 : Message
    {
        public uint Ref;
        public string Session = "";
        public uint Line;
        public Bytes Samples;  // f32, mono, in [-1, 1] or a little beyond

        public override int Tag => 7;
        public override string Name => "ChunkF32";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Text("session", ref Session, TextRule.Session);
            fields.U32("line", ref Line);
            fields.Raw("samples", ref Samples, RawRule.ChunkF32);
        }
    }

    public sealed class End : Message
    {
        public uint Ref;
        public string Session = "";
        public uint Line;

        public override int Tag => 8;
        public override string Name => "End";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Text("session", ref Session, TextRule.Session);
            fields.U32("line", ref Line);
        }
    }

    /// <summary>A request or an answer that says no more than whose it is.</summary>
    public abstract class OfSession : Message
    {
        public uint Ref;
        public string Session = "";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Text("session", ref Session, TextRule.Session);
        }
    }

    public sealed class Interrupt : OfSession
    {
        public override int Tag => 9;
        public override string Name => "Interrupt";
    }

    public sealed class Interrupted : OfSession
    {
        public uint Generation;  // what is older is void

        public override int Tag => 10;
        public override string Name => "Interrupted";

        public override void Visit(Fields fields)
        {
            base.Visit(fields);
            fields.U32("generation", ref Generation);
        }
    }

    public sealed class Progress : Message
    {
        public string Session = "";
        public uint Line;
        public string State = "";  // queued, speaking, done, interrupted
        public uint Utterance;  // 0 while queued
        public long ReceivedSamples, PlayedSamples;

        public override int Tag => 11;
        public override string Name => "Progress";

        public override void Visit(Fields fields)
        {
            fields.Text("session", ref Session, TextRule.Session);
            fields.U32("line", ref Line);
            fields.Text("state", ref State, TextRule.LineStates);
            fields.U32("utterance", ref Utterance);
            fields.Pts("received_samples", ref ReceivedSamples);
            fields.Pts("played_samples", ref PlayedSamples);
        }
    }

    public sealed class Ping : Message
    {
        public uint Ref;
        public long ClientNs;

        public override int Tag => 12;
        public override string Name => "Ping";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Nanoseconds("client_ns", ref ClientNs);
        }
    }

    public sealed class Pong : Message
    {
        public uint Ref;
        public long ClientNs, ServerNs;
        public double Load;  // the share of its time that the server works
        public int Level;  // steps of quality that it saves

        public override int Tag => 13;
        public override string Name => "Pong";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Nanoseconds("client_ns", ref ClientNs);
            fields.Nanoseconds("server_ns", ref ServerNs);
            fields.Appended();
            fields.Real("load", ref Load, 0, 1);
            fields.Whole("level", ref Level, 0, 15);
        }
    }

    public sealed class Close : OfSession
    {
        public override int Tag => 14;
        public override string Name => "Close";
    }

    /// <summary>Ref 0: unasked, the NPC is gone.</summary>
    public sealed class Closed : OfSession
    {
        public override int Tag => 15;
        public override string Name => "Closed";
    }

    public sealed class Error : Message
    {
        public uint Ref;
        public string Code = "", What = "", Seen = "", Wanted = "", Cure = "";

        public override int Tag => 16;
        public override string Name => "Error";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Text("code", ref Code, TextRule.Word);
            fields.Text("what", ref What, TextRule.Sentence);
            fields.Text("seen", ref Seen, TextRule.Sentence);
            fields.Text("wanted", ref Wanted, TextRule.Sentence);
            fields.Text("cure", ref Cure, TextRule.Sentence);
        }
    }

    /// <summary>How an NPC speaks and feels from now on; with a line and pts, from that sample on.</summary>
    public sealed class Style : Message
    {
        public uint Ref;
        public string Session = "";
        public double Strength = 1;
        public readonly Rows<Emotion> Emotions = new Rows<Emotion>(Limits.MaxArrayItems);
        public readonly Rows<Layer> Layers = new Rows<Layer>(Limits.MaxArrayItems);
        public readonly Rows<Look> LookAtDeg = new Rows<Look>(1);  // none: the eyes wander
        public double FollowVoice;
        public readonly Rows<ShapeTuning> Shapes = new Rows<ShapeTuning>(Limits.MaxArrayItems);
        public uint Line;
        public long Pts;

        public override int Tag => 17;
        public override string Name => "Style";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Text("session", ref Session, TextRule.Session);
            fields.Real("strength", ref Strength, 0, 2);
            Emotions.Visit(fields, "emotions");
            Layers.Visit(fields, "layers");
            LookAtDeg.Visit(fields, "look_at_deg");
            fields.Real("follow_voice", ref FollowVoice, 0, 1);
            Shapes.Visit(fields, "shapes");
            fields.Appended();
            fields.U32("line", ref Line);
            fields.Pts("pts", ref Pts);
        }
    }

    public struct Emotion : IRow
    {
        public string Name;
        public double Share;  // 0 to 1

        public int Columns => 2;

        public void Visit(Fields fields)
        {
            fields.Text("name", ref Name, TextRule.Word);
            fields.Real("share", ref Share, 0, 1);
        }
    }

    public struct Layer : IRow
    {
        public string Name;
        public double Share;  // 0 to 2; 0 leaves it to the game

        public int Columns => 2;

        public void Visit(Fields fields)
        {
            fields.Text("name", ref Name, TextRule.Word);
            fields.Real("share", ref Share, 0, 2);
        }
    }

    public struct Look : IRow
    {
        public double YawDeg, PitchDeg;  // to the face's left, up

        public int Columns => 2;

        public void Visit(Fields fields)
        {
            fields.Real("yaw", ref YawDeg, -90, 90);
            fields.Real("pitch", ref PitchDeg, -90, 90);
        }
    }

    /// <summary>weight * Gain + Offset, then the limits.</summary>
    public struct ShapeTuning : IRow
    {
        public string Name;
        public double Gain, Offset, Least, Most;

        public int Columns => 5;

        public void Visit(Fields fields)
        {
            fields.Text("name", ref Name, TextRule.Shape);
            fields.Real("gain", ref Gain, -4, 4);
            fields.Real("offset", ref Offset, -4, 4);
            fields.Real("least", ref Least, 0, 1);
            fields.Real("most", ref Most, 0, 1);
        }
    }

    public sealed class Styled : OfSession
    {
        public override int Tag => 18;
        public override string Name => "Styled";
    }

    /// <summary>A request or an answer about an avatar.</summary>
    public abstract class OfAvatar : Message
    {
        public uint Ref;
        public string Avatar = "";

        public override void Visit(Fields fields)
        {
            fields.U32("ref", ref Ref);
            fields.Text("avatar", ref Avatar, TextRule.Avatar);
        }
    }

    public sealed class Load : OfAvatar
    {
        public override int Tag => 19;
        public override string Name => "Load";
    }

    public sealed class Loaded : OfAvatar
    {
        public string TopologyId = "";

        public override int Tag => 20;
        public override string Name => "Loaded";

        public override void Visit(Fields fields)
        {
            base.Visit(fields);
            fields.Text("topology_id", ref TopologyId, TextRule.TopologyId);
        }
    }

    public sealed class Unload : OfAvatar
    {
        public override int Tag => 21;
        public override string Name => "Unload";
    }

    public sealed class Unloaded : OfAvatar
    {
        public override int Tag => 22;
        public override string Name => "Unloaded";
    }
}
