using System;
using System.Threading;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>What clients with these keys say of them, a line each: [KEY SERVER_KEY]...</summary>
    public static class Denied
    {
        public static int Run(string[] args)
        {
            for (int i = 0; i < args.Length; i += 2)
            {
                var options = new ClientOptions { Port = 1, Key = args[i], ServerKey = args[i + 1] };
                using (var client = new Core.Client(options))
                {
                    for (int turn = 0; turn < 1000 && client.Facts.State != SessionState.Failed; turn++)
                    {
                        Thread.Sleep(5);
                    }
                    Console.WriteLine(client.Facts.Problem);
                }
            }
            return 0;
        }
    }
}
