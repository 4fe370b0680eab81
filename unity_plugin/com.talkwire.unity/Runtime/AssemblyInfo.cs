using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Talkwire.Burst")]
[assembly: InternalsVisibleTo("Talkwire.Editor")]
[assembly: InternalsVisibleTo("Talkwire.Timeline")]
[assembly: InternalsVisibleTo("Talkwire.UnityTests")]
