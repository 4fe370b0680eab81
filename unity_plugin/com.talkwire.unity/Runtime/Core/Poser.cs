namespace Talkwire.Core
{
    /// <summary>From frames to a picture, between the two around its moment. What never changes of the head is here,
    /// too.</summary>
    internal sealed class Poser
    {
        public readonly PoseMemory Memory = new PoseMemory();
        private BasisSum _basis;

        /// <summary>Null until its mesh has come.</summary>
        public Head Head { get; private set; }

        public void Take(Head head)
        {
            Head = Head != null && Head.Is(head) ? Head : head;
        }

        public void Take(BasisSum basis)
        {
            _basis = basis;
        }

        /// <summary>Whether there is a frame of it and all that it needs.</summary>
        public bool Can(Track track)
        {
            if (track.Frames.Count == 0 || track.Bare)
            {
                return track.Frames.Count > 0;
            }
            KeptFrame frame = track.Frames[0];
            bool based = !frame.IsSum || (_basis != null && _basis.TopologyId == frame.TopologyId);
            return based && Head != null && frame.TopologyId == Head.TopologyId;
        }

        /// <summary>The picture of that moment; what lies before is forgotten. shown: its patch stays until the track
        /// has one.</summary>
        public void Pose(Track track, long moment, long heard, Picture shown, Picture into)
        {
            KeptFrame before, after;
            track.Forget(moment);
            double share = track.Around(moment, out before, out after);
            into.Utterance = track.Id;
            into.Generation = track.Generation;
            into.Idle = track.Idle;
            into.AtRest = false;
            into.TimeS = track.Seconds(before.Pts + share * (after.Pts - before.Pts));
            into.HeardS = track.Seconds(heard);
            Mix.Faces(before.Face, after.Face, (float)share, (float)share, into.Face);
            into.SetPatch(track.Patch(moment) ?? shown.Patch);
            Shape.Set(ref into.Shape,
                track.Bare ? default(Shape) : Shape.Between(before, after, share, Head, _basis));
        }
    }
}
