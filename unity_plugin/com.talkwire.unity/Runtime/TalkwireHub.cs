using System.Collections.Generic;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>The connections of this process: one to each server, shared by all components that name it, and ended with
    /// the last of them, with the game, and before scripts are loaded again.</summary>
    /// <remarks>Main thread.</remarks>
    public static class TalkwireHub
    {
        private static readonly List<TalkwireServer> Open = new List<TalkwireServer>();
        private static PoseWorkers _workers;

        /// <summary>Those that are in use.</summary>
        public static IReadOnlyList<TalkwireServer> Servers
        {
            get { return Open; }
        }

        /// <summary>Ends every connection at once. Components that are still enabled begin anew in their next Update.</summary>
        public static void StopAll()
        {
            for (int i = 0; i < Open.Count; i++)
            {
                Open[i].Stop();
            }
            Open.Clear();
            StopWorkers();
        }

        /// <summary>Null, and why, for an endpoint or a name that is none.</summary>
        internal static TalkwireStream Join(TalkwireNpc member, out Problem problem)
        {
            var options = new ClientOptions { Agent = "talkwire Unity " + Application.unityVersion, Token = member.Token };
            problem = options.TakeEndpoint(member.Endpoint);
            if (problem != null)
            {
                return null;
            }
            TalkwireServer server = Find(options) ?? new TalkwireServer(options);
            TalkwireStream stream = server.Join(member, out problem);
            if (stream != null && !Open.Contains(server))
            {
                Open.Add(server);
            }
            else if (stream == null && !Open.Contains(server))
            {
                server.Stop();
            }
            return stream;
        }

        internal static void Leave(TalkwireNpc member, TalkwireStream stream)
        {
            TalkwireServer server = stream.Server;
            server.Leave(member, stream);
            if (server.IsUnused && Open.Remove(server))
            {
                server.Stop();
            }
            if (Open.Count == 0)
            {
                StopWorkers();
            }
        }

        internal static PoseWorkers Workers
        {
            get { return _workers ?? (_workers = new PoseWorkers(SystemInfo.processorCount)); }
        }

        private static TalkwireServer Find(ClientOptions options)
        {
            for (int i = 0; i < Open.Count; i++)
            {
                if (Open[i].Is(options))
                {
                    return Open[i];
                }
            }
            return null;
        }

        private static void StopWorkers()
        {
            if (_workers != null)
            {
                _workers.Stop();
                _workers = null;
            }
        }

        // before anything of a game, also where the domain is not loaded again and this class has its old values
        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void Begin()
        {
            StopAll();
            Application.quitting -= StopAll;
            Application.quitting += StopAll;
        }
    }
}
