using System.Collections.Generic;

namespace Talkwire.Core
{
    /// <summary>Whom a subscription is told to, as far as there is a connection for it.</summary>
    internal interface ISubscriber
    {
        void Subscribe(string session, string plane, bool wanted);
    }

    /// <summary>What is read of one NPC. Mesh, texture and basis are repeated for every late joiner: who has them stops
    /// reading them, and reads them again when frames of another head come.</summary>
    internal sealed class Reading
    {
        private static readonly string[] Statics = { Topic.Mesh, Topic.Texture, Topic.TextureBc1, Topic.Basis };

        private readonly string _session;
        private readonly ISubscriber _to;
        private readonly List<string> _have = new List<string>();  // statics that have come
        private List<string> _planes = new List<string>();
        private string _topologyId;  // of the mesh that came last

        public Reading(string session, ISubscriber to)
        {
            _session = session;
            _to = to;
        }

        /// <summary>All that is to be read from now on.</summary>
        public void Read(List<string> planes)
        {
            List<string> before = _planes;
            _planes = planes;
            foreach (string plane in planes)
            {
                if (!before.Contains(plane))
                {
                    Subscribe(plane, true);
                }
            }
            foreach (string plane in before)
            {
                if (!planes.Contains(plane))
                {
                    Subscribe(plane, false);
                }
            }
        }

        /// <summary>A reader is there that knows of nothing.</summary>
        public void Again(Route route)
        {
            foreach (string plane in _planes)
            {
                if (Routes.Of(plane) == route)
                {
                    Subscribe(plane, true);
                }
            }
        }

        /// <summary>Something of this head has come.</summary>
        public void Saw(string plane, string topologyId)
        {
            if (!IsStatic(plane))
            {
                if (_have.Contains(Topic.Mesh) && topologyId != _topologyId)
                {
                    WantStaticsAgain();
                }
                return;
            }
            if (_planes.Contains(plane) && !_have.Contains(plane))
            {
                Subscribe(plane, false);
                _have.Add(plane);
            }
            _topologyId = plane == Topic.Mesh ? topologyId : _topologyId;
        }

        private void WantStaticsAgain()
        {
            _have.Clear();
            foreach (string plane in _planes)
            {
                if (IsStatic(plane))
                {
                    Subscribe(plane, true);
                }
            }
        }

        private void Subscribe(string plane, bool wanted)
        {
            if (!_have.Contains(plane))
            {
                _to.Subscribe(_session, plane, wanted);
            }
        }

        private static bool IsStatic(string plane)
        {
            return System.Array.IndexOf(Statics, plane) >= 0;
        }
    }
}
