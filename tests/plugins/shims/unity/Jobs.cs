// Unity's job system and its arrays, as their pages have them. Jobs are done by the thread pool, batches from the last
// to the first: none may count on another. What Unity's safety system would refuse is refused, as far as it is likely.
using System;
using System.Threading;
using System.Threading.Tasks;

namespace Unity.Collections
{
    // docs.unity3d.com/2021.3/Documentation/ScriptReference/Unity.Collections.Allocator.html
    public enum Allocator
    {
        Persistent = 4,
    }

    // docs.unity3d.com/2021.3/Documentation/ScriptReference/Unity.Collections.NativeArrayOptions.html
    public enum NativeArrayOptions
    {
        UninitializedMemory,
        ClearMemory,
    }

    // docs.unity3d.com/2021.3/Documentation/ScriptReference/Unity.Collections.ReadOnlyAttribute.html and those of the others
    [AttributeUsage(AttributeTargets.Field)]
    public sealed class ReadOnlyAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class WriteOnlyAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class NativeDisableParallelForRestrictionAttribute : Attribute
    {
    }

    /// <summary>Of the imitation: how many arrays are not disposed.</summary>
    public static class NativeArrays
    {
        public static int Live;
    }

    // docs.unity3d.com/2021.3/Documentation/ScriptReference/Unity.Collections.NativeArray_1.html: copies are views of the same
    public struct NativeArray<T> : IDisposable where T : struct
    {
        private readonly Block _block;

        private sealed class Block
        {
            public T[] Data;
        }

        public NativeArray(int length, Allocator allocator, NativeArrayOptions options = NativeArrayOptions.ClearMemory)
        {
            _block = new Block { Data = new T[length] };
            Interlocked.Increment(ref NativeArrays.Live);
        }

        public NativeArray(T[] array, Allocator allocator) : this(array.Length, allocator)
        {
            Copy(array, 0, this, 0, array.Length);
        }

        public int Length => Data.Length;

        internal T[] Data
        {
            get
            {
                if (_block == null || _block.Data == null)
                {
                    throw new ObjectDisposedException("NativeArray");
                }
                return _block.Data;
            }
        }

        public T this[int index]
        {
            get { return Data[index]; }
            set { Data[index] = value; }
        }

        // .../Unity.Collections.NativeArray_1.Copy.html
        public static void Copy(T[] src, int srcIndex, NativeArray<T> dst, int dstIndex, int length)
        {
            Array.Copy(src, srcIndex, dst.Data, dstIndex, length);
        }

        public void Dispose()
        {
            GC.KeepAlive(Data);  // twice is an error
            _block.Data = null;
            Interlocked.Decrement(ref NativeArrays.Live);
        }
    }
}

namespace Unity.Jobs
{
    // docs.unity3d.com/2021.3/Documentation/ScriptReference/Unity.Jobs.IJobParallelFor.html
    public interface IJobParallelFor
    {
        void Execute(int index);
    }

    // docs.unity3d.com/2021.3/Documentation/ScriptReference/Unity.Jobs.JobHandle.html
    public struct JobHandle
    {
        internal Task Task;

        public bool IsCompleted => Task == null || Task.IsCompleted;

        public static void ScheduleBatchedJobs()
        {
        }

        public void Complete()
        {
            if (Task != null)
            {
                Task.Wait();
            }
        }
    }

    // docs.unity3d.com/6000.2/Documentation/ScriptReference/Unity.Jobs.IJobParallelForExtensions.Schedule.html
    public static class IJobParallelForExtensions
    {
        public static long Bytes;  // of the imitation: what scheduling takes here of the collector, and not in Unity
        private static int _main;  // who schedules: docs.unity3d.com/2020.2/Documentation/Manual/JobSystemSchedulingJobs.html

        public static JobHandle Schedule<T>(this T jobData, int arrayLength, int innerloopBatchCount,
            JobHandle dependsOn = default(JobHandle)) where T : struct, IJobParallelFor
        {
            int thread = Thread.CurrentThread.ManagedThreadId;
            if (Interlocked.CompareExchange(ref _main, thread, 0) != 0 && _main != thread)
            {
                throw new InvalidOperationException("Schedule can only be called from the main thread");
            }
            long began = GC.GetAllocatedBytesForCurrentThread();
            Task task = Begin(jobData, arrayLength, innerloopBatchCount, dependsOn.Task);
            Bytes += GC.GetAllocatedBytesForCurrentThread() - began;
            return new JobHandle { Task = task };
        }

        private static Task Begin<T>(T job, int count, int batch, Task before) where T : struct, IJobParallelFor
        {
            Action work = () => Run(job, count, batch);
            return before == null ? Task.Run(work) : before.ContinueWith(done =>
            {
                done.Wait();  // it is over; this throws what it threw
                work();
            });
        }

        private static void Run<T>(T job, int count, int batch) where T : struct, IJobParallelFor
        {
            for (int first = (count - 1) / batch * batch; first >= 0; first -= batch)
            {
                for (int i = first; i < Math.Min(count, first + batch); i++)
                {
                    job.Execute(i);
                }
            }
        }
    }
}
