using System;
using System.Runtime.InteropServices;

namespace Talkwire.Core
{
    /// <summary>What is called of libzmq, which does not come with this package: named, and explained, as in zmq.h. The
    /// first call throws where it is not there.</summary>
    internal static class NativeZmq
    {
        public const int Pair = 0, Sub = 2, Dealer = 5;
        public const int DontWait = 1;

        private const string Library = "libzmq";
        private const CallingConvention C = CallingConvention.Cdecl;

        [DllImport(Library, CallingConvention = C)]
        public static extern void zmq_version(out int major, out int minor, out int patch);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_has(byte[] capability);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_errno();

        [DllImport(Library, CallingConvention = C)]
        public static extern IntPtr zmq_strerror(int error);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_curve_public([In, Out] byte[] publicKey, byte[] secretKey);

        [DllImport(Library, CallingConvention = C)]
        public static extern IntPtr zmq_ctx_new();

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_ctx_term(IntPtr context);

        [DllImport(Library, CallingConvention = C)]
        public static extern IntPtr zmq_socket(IntPtr context, int kind);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_close(IntPtr socket);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_setsockopt(IntPtr socket, int option, ref int value, UIntPtr size);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_setsockopt(IntPtr socket, int option, ref long value, UIntPtr size);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_setsockopt(IntPtr socket, int option, byte[] value, UIntPtr size);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_connect(IntPtr socket, byte[] endpoint);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_socket_monitor(IntPtr socket, byte[] endpoint, int events);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_msg_init(IntPtr message);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_msg_init_size(IntPtr message, UIntPtr size);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_msg_recv(IntPtr message, IntPtr socket, int flags);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_msg_send(IntPtr message, IntPtr socket, int flags);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_msg_close(IntPtr message);

        [DllImport(Library, CallingConvention = C)]
        public static extern IntPtr zmq_msg_data(IntPtr message);

        [DllImport(Library, CallingConvention = C)]
        public static extern UIntPtr zmq_msg_size(IntPtr message);

        [DllImport(Library, CallingConvention = C)]
        public static extern int zmq_msg_more(IntPtr message);
    }
}
