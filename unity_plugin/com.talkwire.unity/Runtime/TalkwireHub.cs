using System.Collections.Generic;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>The connections of this process: one to each server, shared by all components that name it, and ended
    /// with the last of them, with the game, and before scripts are loaded again.</summary>
    /// <remarks>Main thread.</remarks>
    public static class TalkwireHub
    {
        private static readonly List<TalkwireServer> Open = new List<TalkwireServer>();
        private static readonly List<TalkwireServer> Ending = new List<TalkwireServer>();  // threads may still run
        private static PoseWorkers _workers;

        /// <summary>Those that are in use.</summary>
        public static IReadOnlyList<TalkwireServer> Servers
        {
            get { return Open; }
        }

        /// <summary>Ends every connection at once. Components that are still enabled begin anew in their next
        /// Update.</summary>
        public static void StopAll()
        {
            Ending.AddRange(Open);
            Open.Clear();
            for (int i = 0; i < Ending.Count; i++)
            {
                Ending[i].ForgetPoses();
                Ending[i].Stop();
            }
            Ending.Clear();
            StopWorkers(PoseWorkers.StopWithinMs);
        }

        /// <summary>Null, and why, for an endpoint or a name that is none.</summary>
        internal static TalkwireStream Join(TalkwireNpc member, out Problem problem)
        {
            var options = new ClientOptions
            {
                Token = member.Token, Key = member.Key, ServerKey = member.ServerKey,
            };
            TalkwireServer server = Server(member.Endpoint, options, out problem);
            if (server == null)
            {
                return null;
            }
            TalkwireStream stream = server.Join(member, out problem);
            EndIfUnused(server);
            return stream;
        }

        /// <summary>A connection without an NPC, for who only looks; until Release. Null, and why, for what is no
        /// endpoint.</summary>
        internal static TalkwireServer Hold(string endpoint, ClientOptions options, out Problem problem)
        {
            TalkwireServer server = Server(endpoint, options, out problem);
            if (server != null)
            {
                server.Holders++;
            }
            return server;
        }

        internal static void Release(TalkwireServer server)
        {
            server.Holders--;
            EndIfUnused(server);
        }

        internal static void Leave(TalkwireNpc member, TalkwireStream stream)
        {
            TalkwireServer server = stream.Server;
            server.Leave(member, stream);
            EndIfUnused(server);
        }

        internal static PoseWorkers Workers
        {
            get { return _workers ?? (_workers = new PoseWorkers(SystemInfo.processorCount)); }
        }

        /// <summary>The connection to it, begun where there is none.</summary>
        private static TalkwireServer Server(string endpoint, ClientOptions options, out Problem problem)
        {
            options.Agent = "talkwire Unity " + Application.unityVersion;
            problem = options.TakeEndpoint(endpoint);
            if (problem != null)
            {
                return null;
            }
            for (int i = 0; i < Open.Count; i++)
            {
                if (Open[i].Is(options))
                {
                    return Open[i];
                }
            }
            Open.Add(new TalkwireServer(options));
            return Open[Open.Count - 1];
        }

        // its thread may take a moment to end: a game does not wait for that, only StopAll does
        private static void EndIfUnused(TalkwireServer server)
        {
            if (!server.IsUnused || !Open.Remove(server))
            {
                return;
            }
            Ending.RemoveAll(one => one.HasEnded);
            Ending.Add(server);
            server.End();
            if (Open.Count == 0)
            {
                StopWorkers(0);
            }
        }

        private static void StopWorkers(int withinMs)
        {
            if (_workers != null)
            {
                _workers.Stop(withinMs);
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
