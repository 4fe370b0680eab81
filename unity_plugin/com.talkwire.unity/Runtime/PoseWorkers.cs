using System;
using System.Collections.Generic;
using System.Threading;

namespace Talkwire
{
    /// <summary>Threads that compute heads between Update and LateUpdate. Whatever they have not begun by then, the
    /// main thread does itself, so that it waits for nobody.</summary>
    internal sealed class PoseWorkers
    {
        public const int StopWithinMs = 200;
        private const int MostThreads = 3, MostWaiting = 256, LookEveryMs = 100;

        private readonly Queue<HeadPose> _waiting = new Queue<HeadPose>();  // locked by itself
        private readonly Thread[] _threads;
        private volatile bool _stopping;

        public PoseWorkers(int processors)
        {
            _threads = new Thread[Math.Max(0, Math.Min(MostThreads, processors - 2))];  // two are the game's
            for (int i = 0; i < _threads.Length; i++)
            {
                _threads[i] = new Thread(Run) { IsBackground = true, Name = "talkwire pose " + i };
                _threads[i].Start();
            }
        }

        public void Offer(HeadPose pose)
        {
            lock (_waiting)
            {
                if (_threads.Length > 0 && _waiting.Count < MostWaiting)
                {
                    _waiting.Enqueue(pose);
                    Monitor.Pulse(_waiting);
                }
            }
        }

        /// <summary>They end, and are waited for at most that long each.</summary>
        public void Stop(int withinMs)
        {
            lock (_waiting)
            {
                _stopping = true;
                Monitor.PulseAll(_waiting);
            }
            foreach (Thread thread in _threads)
            {
                thread.Join(withinMs);
            }
        }

        private void Run()
        {
            while (!_stopping)
            {
                HeadPose pose = null;
                lock (_waiting)
                {
                    if (_waiting.Count == 0 && !_stopping)
                    {
                        Monitor.Wait(_waiting, LookEveryMs);
                    }
                    pose = _waiting.Count > 0 ? _waiting.Dequeue() : null;
                }
                if (pose != null)
                {
                    pose.TryRun();
                }
            }
        }
    }
}
