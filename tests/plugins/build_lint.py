"""Modules of an Unreal plugin name in their .Build.cs what they include.

Source: Unreal Engine's documentation, "Module Properties"; the module of each header is the one that its page
in the API reference names.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from plugins.lint_text import Fault, line_of, quiet
from plugins.uplugin_lint import IN_GAME, PLUGIN

PLUGIN_OF = {
    "LiveLink": "LiveLink",
    "LiveLinkComponents": "LiveLink",
    "TakesCore": "Takes",
    "Niagara": "Niagara",
}
EDITORS = {"UnrealEd", "PropertyEditor", "LevelEditor", "ToolMenus", "AssetTools"}
# beginning of an include -> the module that it belongs to; the longest that fits holds
MODULE_OF = {
    "CoreMinimal.h": "Core",
    "Async/": "Core",
    "Containers/": "Core",
    "Delegates/": "Core",
    "GenericPlatform/": "Core",
    "HAL/": "Core",
    "Internationalization/": "Core",
    "Logging/": "Core",
    "Math/": "Core",
    "Misc/": "Core",
    "Modules/": "Core",
    "ProfilingDebugging/": "Core",
    "Serialization/": "Core",
    "Stats/": "Core",
    "Tasks/": "Core",
    "Templates/": "Core",
    "Features/": "Core",
    "UObject/": "CoreUObject",
    "UObject/NameTypes.h": "Core",
    "UObject/UnrealNames.h": "Core",
    "Animation/": "Engine",
    "AudioDecompress.h": "Engine",
    "AudioDevice.h": "Engine",
    "BlueprintAsyncActionBase.h": "Engine",
    "Camera/": "Engine",
    "Components/": "Engine",
    "CanvasItem.h": "Engine",
    "CanvasTypes.h": "Engine",
    "Curves/": "Engine",
    "DynamicMeshBuilder.h": "Engine",
    "Engine/": "Engine",
    "EngineGlobals.h": "Engine",
    "GameFramework/": "Engine",
    "ImageUtils.h": "Engine",
    "Kismet/": "Engine",
    "LocalVertexFactory.h": "Engine",
    "MaterialDomain.h": "Engine",
    "Materials/": "Engine",
    "PrimitiveSceneProxy.h": "Engine",
    "PrimitiveViewRelevance.h": "Engine",
    "SceneInterface.h": "Engine",
    "SceneManagement.h": "Engine",
    "Sound/": "Engine",
    "StaticMeshResources.h": "Engine",
    "Subsystems/": "Engine",
    "TextureResource.h": "Engine",
    "ImageCore.h": "ImageCore",
    "UnrealClient.h": "Engine",
    "Engine/DeveloperSettings.h": "DeveloperSettings",
    "Components/DynamicMeshComponent.h": "GeometryFramework",
    "Components/BaseDynamicMeshComponent.h": "GeometryFramework",
    "UDynamicMesh.h": "GeometryFramework",
    "DynamicMesh/": "GeometryCore",
    "Components/SynthComponent.h": "AudioMixer",
    "AudioMixer": "AudioMixer",
    "DSP/": "SignalProcessing",
    "IImageWrapper": "ImageWrapper",
    "Interfaces/IPluginManager.h": "Projects",
    "ILiveLink": "LiveLinkInterface",
    "LiveLinkRole.h": "LiveLinkInterface",
    "LiveLinkSourceFactory.h": "LiveLinkInterface",
    "LiveLinkSourceSettings.h": "LiveLinkInterface",
    "LiveLinkTypes.h": "LiveLinkInterface",
    "Roles/": "LiveLinkInterface",
    "RHI": "RHI",
    "PackedNormal.h": "RenderCore",
    "RenderingThread.h": "RenderCore",
    "RenderUtils.h": "RenderCore",
    "RenderResource.h": "RenderCore",
    "Sockets.h": "Sockets",
    "SocketSubsystem.h": "Sockets",
    "Framework/": "Slate",
    "Widgets/": "Slate",
    "Widgets/SCompoundWidget.h": "SlateCore",
    "Widgets/DeclarativeSyntaxSupport.h": "SlateCore",
    "Widgets/SBoxPanel.h": "SlateCore",
    "Styling/": "SlateCore",
    "Styling/AppStyle.h": "SlateCore",
    "Textures/": "SlateCore",
    "Input/": "SlateCore",
    "DetailCategoryBuilder.h": "PropertyEditor",
    "DetailLayoutBuilder.h": "PropertyEditor",
    "DetailWidgetRow.h": "PropertyEditor",
    "IDetailCustomization.h": "PropertyEditor",
    "PropertyEditorModule.h": "PropertyEditor",
    "ToolMenus.h": "ToolMenus",
    "ToolMenu": "ToolMenus",
    "Editor.h": "UnrealEd",
    "EditorViewportClient.h": "UnrealEd",
    "Factories/": "UnrealEd",
    "LevelEditor.h": "LevelEditor",
    "WorkspaceMenuStructure": "WorkspaceMenuStructure",
    "AssetRegistry/": "AssetRegistry",
    "AssetToolsModule.h": "AssetTools",
    "ISettings": "Settings",
    "Talkwire/": "TalkwireCore",
}
PLAIN = re.compile(r"[a-z0-9_/]+(\.h)?")  # <cstdint>, <sys/socket.h>: of no module


def lint_dependencies(folder: Path = PLUGIN) -> list[Fault]:
    """Included headers are of modules that Build.cs names: publicly, where a public header has them."""
    faults: list[Fault] = []
    modules = {built.parent.name: built for built in sorted((folder / "Source").glob("*/*.Build.cs"))}
    own = {path.name: name for name, built in modules.items() for path in built.parent.rglob("*.h")}
    for name, built in modules.items():
        public, private = _dependencies(built)
        faults += _directions(folder, name, public | private)
        for path in sorted(built.parent.rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            is_public = path.suffix == ".h" and "Private" not in path.relative_to(built.parent).parts
            for line, include in _includes(path):
                owner = _owner(include, own)
                where = path.relative_to(folder / "Source").as_posix()
                if owner is None:
                    faults.append(Fault(where, line, f"{include}: of no module that MODULE_OF knows"))
                elif owner not in (name, "") and owner not in public | private:
                    faults.append(
                        Fault(where, line, f"{include} is of {owner}, which {built.name} does not name")
                    )
                elif owner not in (name, "") and is_public and owner not in public:
                    faults.append(
                        Fault(where, line, f"{include} is of {owner}, and needed by who includes this")
                    )
    return sorted(faults)


def _dependencies(built: Path) -> tuple[set[str], set[str]]:
    """(public, private) of a module."""
    text, found = quiet(built.read_text(encoding="utf-8"), strings=False), []
    for kind in ("Public", "Private"):
        calls = re.findall(
            rf"\b{kind}DependencyModuleNames\s*\.\s*Add(?:Range)?\s*\((.*?)\)\s*;", text, re.DOTALL
        )
        found.append({name for call in calls for name in re.findall(r'"(\w+)"', call)})
    return found[0], found[1]


def _directions(folder: Path, name: str, dependencies: set[str]) -> Iterator[Fault]:
    """The core needs Core alone, a game needs no editor, and what a plugin has wants that plugin."""
    where = f"{name}/{name}.Build.cs"
    descriptor = next(iter(folder.glob("*.uplugin")), None)
    said = json.loads(descriptor.read_text(encoding="utf-8")) if descriptor else {}
    types = {module["Name"]: module["Type"] for module in said.get("Modules", [])}
    plugins = {plugin["Name"] for plugin in said.get("Plugins", [])}
    if name == "TalkwireCore" and dependencies - {"Core"}:
        yield Fault(where, 1, f"the core knows no engine: {', '.join(sorted(dependencies - {'Core'}))}")
    editors = EDITORS | {other for other, type_ in types.items() if type_ not in IN_GAME}
    if types.get(name) in IN_GAME and dependencies & editors:
        yield Fault(where, 1, f"a game has no {', '.join(sorted(dependencies & editors))}")
    for module in sorted(dependencies & PLUGIN_OF.keys()):
        if PLUGIN_OF[module] not in plugins:
            yield Fault(
                where, 1, f"{module} is of the plugin {PLUGIN_OF[module]}, which the .uplugin does not name"
            )


def _includes(path: Path) -> Iterator[tuple[int, str]]:
    text = quiet(path.read_text(encoding="utf-8"), strings=False)
    for match in re.finditer(r'(?m)^\s*#\s*include\s+[<"]([^">]+)[">]', text):
        yield line_of(text, match.start(1)), match[1]


def _owner(include: str, own: dict[str, str]) -> str | None:
    """The module of a header; "" for what needs none, None for what nobody knows."""
    if include.endswith(".generated.h") or PLAIN.fullmatch(include):
        return ""
    fits = [begin for begin in MODULE_OF if include.startswith(begin)]
    if fits:
        return MODULE_OF[max(fits, key=len)]
    return own.get(Path(include).name)
