using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Talkwire.Tests")]
