using UnrealBuildTool;

/// The core: C++17 of the standard library alone. It knows nothing of Unreal but this file.
public class TalkwireCore : ModuleRules
{
    public TalkwireCore(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.NoPCHs;
        bUseUnity = false; // files of a module that stand together share their unnamed namespaces
        bEnableExceptions = false;
        bUseRTTI = false;
        CppStandard = CppStandardVersion.Cpp17;
        PublicDependencyModuleNames.Add("Core"); // for TALKWIRECORE_API

        if (Target.Platform == UnrealTargetPlatform.Win64)
        {
            PublicSystemLibraries.Add("ws2_32.lib");
        }
    }
}
