using System;
using System.Collections.Generic;
using System.Reflection;

namespace Talkwire.Tests
{
    /// <summary>Runs what is public, static and without arguments in every class whose name ends with Tests:
    /// Talkwire.Tests.exe [CLASS ...]. Or a program of this folder: Talkwire.Tests.exe --run CLASS [ARGUMENT
    /// ...].</summary>
    public static class Runner
    {
        public static int Main(string[] args)
        {
            Assembly own = typeof(Runner).Assembly;
            if (args.Length > 1 && args[0] == "--run")
            {
                var rest = new string[args.Length - 2];
                Array.Copy(args, 2, rest, 0, rest.Length);
                MethodInfo program = own.GetType("Talkwire.Tests." + args[1], true).GetMethod("Run");
                return (int)program.Invoke(null, new object[] { rest });
            }
            int passed = 0, failed = 0;
            foreach (Type type in own.GetTypes())
            {
                bool wanted = args.Length == 0 ? type.Name.EndsWith("Tests") : Array.IndexOf(args, type.Name) >= 0;
                foreach (MethodInfo test in wanted ? TestsOf(type) : new List<MethodInfo>())
                {
                    string trouble = Trouble(test);
                    passed += trouble == null ? 1 : 0;
                    failed += trouble == null ? 0 : 1;
                    if (trouble != null)
                    {
                        Console.WriteLine("FAILED " + type.Name + "." + test.Name + ": " + trouble);
                    }
                }
            }
            Console.WriteLine(passed + " passed, " + failed + " failed");
            return failed == 0 && passed > 0 ? 0 : 1;
        }

        private static List<MethodInfo> TestsOf(Type type)
        {
            var tests = new List<MethodInfo>(type.GetMethods(BindingFlags.Public | BindingFlags.Static));
            tests.RemoveAll(method => method.GetParameters().Length > 0 || method.ReturnType != typeof(void));
            return tests;
        }

        private static string Trouble(MethodInfo test)
        {
            try
            {
                test.Invoke(null, null);
                return null;
            }
            catch (TargetInvocationException error)
            {
                Exception inner = error.InnerException;
                return inner is CheckFailed ? inner.Message : inner.ToString();
            }
        }
    }
}
