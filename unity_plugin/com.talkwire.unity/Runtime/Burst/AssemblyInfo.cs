using System.Runtime.CompilerServices;

// nothing of a game refers to this assembly: without it, a built player would leave it out
[assembly: UnityEngine.Scripting.AlwaysLinkAssembly]
[assembly: InternalsVisibleTo("Talkwire.UnityTests")]
