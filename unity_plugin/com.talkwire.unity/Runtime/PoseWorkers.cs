using System;
using System.Collections.Generic;
using System.Threading;
using Talkwire.Core;

namespace Talkwire
{
    /// <summary>Threads that make heads while the game goes on. Where they do not keep up, pictures come later; the
    /// main thread never makes one.</summary>
    internal sealed class PoseWorkers
    {
        public const int StopWithinMs = 200;
        private const int MostThreads = 3, LookEveryMs = 100;

        private readonly Queue<WorkerMaker> _waiting = new Queue<WorkerMaker>();  // each once; locked by itself
        private readonly Thread[] _threads;
        private int _resting;  // threads; under the same lock
        private volatile bool _stopping;

        public PoseWorkers(int processors)
        {
            _threads = new Thread[Math.Max(1, Math.Min(MostThreads, processors - 2))];  // two are the game's
            for (int i = 0; i < _threads.Length; i++)
            {
                _threads[i] = new Thread(Run) { IsBackground = true, Name = "talkwire pose " + i };
                _threads[i].Start();
            }
        }

        public void Offer(WorkerMaker maker)
        {
            lock (_waiting)
            {
                _waiting.Enqueue(maker);
                if (_resting > 0)
                {
                    Monitor.Pulse(_waiting);
                }
            }
        }

        /// <summary>They end, and are waited for at most that long, all together.</summary>
        public void Stop(int withinMs)
        {
            lock (_waiting)
            {
                _stopping = true;
                Monitor.PulseAll(_waiting);
            }
            long untilNs = Clock.NowNs + withinMs * 1000000L;
            foreach (Thread thread in _threads)
            {
                thread.Join((int)Math.Max(0, (untilNs - Clock.NowNs) / 1000000));
            }
        }

        private void Run()
        {
            while (!_stopping)
            {
                WorkerMaker maker = Next();
                if (maker != null)
                {
                    maker.Run();
                }
            }
        }

        private WorkerMaker Next()
        {
            lock (_waiting)
            {
                if (_waiting.Count == 0 && !_stopping)
                {
                    _resting++;
                    Monitor.Wait(_waiting, LookEveryMs);
                    _resting--;
                }
                return _waiting.Count > 0 ? _waiting.Dequeue() : null;
            }
        }
    }
}
