using UnrealBuildTool;

/// The engine's side: components, the subsystem, Live Link.
public class Talkwire : ModuleRules
{
    public Talkwire(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
        PublicDependencyModuleNames.AddRange(new[]
        {
            "Core", "CoreUObject", "Engine", "DeveloperSettings", "AudioMixer", "LiveLinkInterface",
        });
        PrivateDependencyModuleNames.AddRange(new[] { "TalkwireCore", "ImageCore", "RenderCore", "RHI" });
    }
}
