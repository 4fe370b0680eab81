using System.IO;
using UnrealBuildTool;

/// The core: C++17 and the standard library, and a libzmq of your own where there is one. Of Unreal it knows this file and TalkwireCoreModule.cpp.
public class TalkwireCore : ModuleRules
{
    public TalkwireCore(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.NoPCHs;
        bUseUnity = false; // files of a module that stand together share their unnamed namespaces
        bEnableExceptions = false;
        bUseRTTI = false;
        PublicDependencyModuleNames.Add("Core"); // for TalkwireCoreModule.cpp

        if (Target.Platform == UnrealTargetPlatform.Win64)
        {
            PublicSystemLibraries.Add("ws2_32.lib");
        }
        AddLibzmq();
    }

    /// For servers with keys: static libraries in the plugin's ThirdParty/libzmq, as docs/unreal.md has it. That they are
    /// there is the switch.
    private void AddLibzmq()
    {
        string Folder = Path.Combine(PluginDirectory, "ThirdParty", "libzmq");
        string Header = Path.Combine(Folder, "include", "zmq.h");
        string Libraries = Path.Combine(Folder, "lib", Target.Platform.ToString());
        bool bIsThere = File.Exists(Header) && Directory.Exists(Libraries);
        PrivateDefinitions.Add("TALKWIRE_LIBZMQ=" + (bIsThere ? "1" : "0"));
        ExternalDependencies.Add(Header); // to be built anew when it comes or goes
        if (!bIsThere)
        {
            return;
        }
        PublicSystemIncludePaths.Add(Path.Combine(Folder, "include"));
        PublicAdditionalLibraries.AddRange(Directory.GetFiles(Libraries));
        PrivateDefinitions.Add("ZMQ_STATIC");
        if (Target.Platform == UnrealTargetPlatform.Win64)
        {
            PublicSystemLibraries.AddRange(new[] { "iphlpapi.lib", "advapi32.lib" });
        }
    }
}
