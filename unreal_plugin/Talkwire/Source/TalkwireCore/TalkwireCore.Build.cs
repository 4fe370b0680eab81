using UnrealBuildTool;

/// The core: C++17 and the standard library. Of Unreal it knows this file and TalkwireCoreModule.cpp.
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
    }
}
