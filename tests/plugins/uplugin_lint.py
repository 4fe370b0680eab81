"""An Unreal plugin's descriptor: its keys, and that its modules are there. Source: Unreal Engine's
documentation, "Plugins".
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plugins.lint_text import Fault, line_of, quiet

PLUGIN = Path(__file__).parents[2] / "unreal_plugin/Talkwire"

KEYS: dict[str, type | tuple[type, ...]] = {
    "FileVersion": int,
    "Version": int,
    "VersionName": str,
    "FriendlyName": str,
    "Description": str,
    "Category": str,
    "CreatedBy": str,
    "CreatedByURL": str,
    "DocsURL": str,
    "MarketplaceURL": str,
    "SupportURL": str,
    "EngineVersion": str,
    "CanContainContent": bool,
    "IsBetaVersion": bool,
    "IsExperimentalVersion": bool,
    "Installed": bool,
    "EnabledByDefault": bool,
    "SupportedTargetPlatforms": list,
    "Modules": list,
    "Plugins": list,
}
REQUIRED = (
    "FileVersion",
    "Version",
    "VersionName",
    "FriendlyName",
    "Description",
    "Category",
    "CreatedBy",
    "Modules",
)
MODULE_KEYS = {"Name", "Type", "LoadingPhase", "PlatformAllowList", "PlatformDenyList", "TargetAllowList"}
MODULE_TYPES = {
    "Runtime", "RuntimeNoCommandlet", "RuntimeAndProgram", "CookedOnly", "UncookedOnly", "Developer",
    "DeveloperTool", "Editor", "EditorNoCommandlet", "EditorAndProgram", "Program", "ServerOnly",
    "ClientOnly", "ClientOnlyNoCommandlet",
}  # fmt: skip
IN_GAME = {"Runtime", "RuntimeNoCommandlet", "RuntimeAndProgram", "CookedOnly", "ClientOnly", "ServerOnly"}
PHASES = {
    "EarliestPossible", "PostConfigInit", "PostSplashScreen", "PreEarlyLoadingScreen", "PreLoadingScreen",
    "PreDefault", "Default", "PostDefault", "PostEngineInit", "None",
}  # fmt: skip
PLATFORMS = {"Win64", "Mac", "Linux", "LinuxArm64", "Android", "IOS", "TVOS", "VisionOS", "HoloLens"}


def lint_uplugin(folder: Path = PLUGIN, version: str | None = None) -> list[Fault]:
    """Of the descriptor. version: of the project."""
    files = sorted(folder.glob("*.uplugin"))
    if len(files) != 1 or files[0].stem != folder.name:
        return [Fault(folder.name, 1, f"wanted one {folder.name}.uplugin, saw {[f.name for f in files]}")]
    name, text = files[0].name, files[0].read_text(encoding="utf-8")
    try:
        said = json.loads(text)
    except ValueError as error:
        return [Fault(name, 1, f"not JSON: {error}")]

    def fault(word: str, what: str) -> Fault:
        return Fault(name, line_of(text, max(0, text.find(f'"{word}"'))), what)

    faults = [fault(key, f"{key} is missing") for key in REQUIRED if not said.get(key)]
    for key, value in said.items():
        if key not in KEYS:
            faults.append(fault(key, f"{key} is no key of a plugin"))
        elif not isinstance(value, KEYS[key]) or (KEYS[key] is int and isinstance(value, bool)):
            faults.append(fault(key, f"{key} is {value!r}"))
    if faults:
        return faults
    if said["FileVersion"] != 3:
        faults.append(fault("FileVersion", f"FileVersion {said['FileVersion']}, wanted 3"))
    if not re.fullmatch(r"\d+\.\d+\.\d+", said["VersionName"]) or version not in (None, said["VersionName"]):
        faults.append(fault("VersionName", f"VersionName {said['VersionName']}, wanted {version or 'N.N.N'}"))
    if not re.fullmatch(r"(5\.\d+\.0)?", said.get("EngineVersion", "")):
        faults.append(
            fault("EngineVersion", f"EngineVersion {said['EngineVersion']}, wanted 5.N.0, or none in source")
        )
    for platform in said.get("SupportedTargetPlatforms", []):
        if platform not in PLATFORMS:
            faults.append(fault("SupportedTargetPlatforms", f"no such platform: {platform}"))
    named = [module.get("Name", "") for module in said["Modules"]]
    for module in said["Modules"]:
        faults += [fault(module.get("Name", "Modules"), what) for what in _module_problems(folder, module)]
    for built in sorted((folder / "Source").glob("*/*.Build.cs")):
        if built.name.removesuffix(".Build.cs") not in named:
            faults.append(
                fault("Modules", f"{built.parent.name} has a Build.cs and is not among the modules")
            )
    for plugin in said.get("Plugins", []):
        if not isinstance(plugin.get("Name"), str) or not isinstance(plugin.get("Enabled"), bool):
            faults.append(fault("Plugins", f"a plugin wants Name and Enabled: {plugin}"))
    return sorted(faults)


def _module_problems(folder: Path, module: dict[str, Any]) -> Iterator[str]:
    name, source = module.get("Name", ""), folder / "Source" / module.get("Name", "")
    for key in sorted(module.keys() - MODULE_KEYS):
        yield f"{name}: {key} is no key of a module"
    if module.get("Type") not in MODULE_TYPES:
        yield f"{name}: no such type: {module.get('Type')}"
    if module.get("LoadingPhase") not in PHASES:
        yield f"{name}: no such loading phase: {module.get('LoadingPhase')}"
    for platform in [*module.get("PlatformAllowList", []), *module.get("PlatformDenyList", [])]:
        if platform not in PLATFORMS:
            yield f"{name}: no such platform: {platform}"
    built = source / f"{name}.Build.cs"
    if not name or not built.is_file():
        yield f"{name}: Source/{name}/{name}.Build.cs is missing"
    elif not re.search(rf"\bclass\s+{name}\s*:\s*ModuleRules\b", quiet(built.read_text(encoding="utf-8"))):
        yield f"{name}: its Build.cs has no class {name} : ModuleRules"
    elif not any(
        re.search(rf"\bIMPLEMENT_(?:GAME_)?MODULE\s*\([^;]*,\s*{name}\s*\)", path.read_text(encoding="utf-8"))
        for path in source.rglob("*.cpp")
    ):
        yield f"{name}: no IMPLEMENT_MODULE(..., {name}) in its sources"
