using UnrealBuildTool;

/// Automation tests: what a project with the plugin can check by itself, without a server.
public class TalkwireEditor : ModuleRules
{
    public TalkwireEditor(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
        PrivateDependencyModuleNames.AddRange(new[]
        {
            "Core", "CoreUObject", "Engine", "Talkwire", "TalkwireCore",
        });
    }
}
