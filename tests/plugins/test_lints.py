"""Each lint finds what it is for, and nothing in what is right; the plugins' own files are right."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from plugins import build_lint, core_lint, uht_lint, unity_lint, uplugin_lint
from plugins.lint_text import quiet, split

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

GOOD_HEADER = """\
// UCLASS() in a comment is none
#pragma once
#include "Components/ActorComponent.h"
#include "Face.generated.h"

class UMeshComponent;

DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(FFaceLineEvent, int64, Line, const FString&, Reason);
DECLARE_MULTICAST_DELEGATE_OneParam(FFaceNative, uint16);

UENUM(BlueprintType)
enum class EFaceState : uint8 { Off, On UMETA(DisplayName = "On; really") };

USTRUCT(BlueprintType)
struct FFaceStyle
{
    GENERATED_BODY()

    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "talkwire", meta = (ClampMin = 0, ClampMax = 2))
    float Strength = 1.0f;
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "talkwire")
    TMap<FName, float> Emotions;
};

struct FPlain { int Anything; };

UINTERFACE(MinimalAPI, BlueprintType)
class UFaceHeard : public UInterface { GENERATED_BODY() };
class IFaceHeard
{
    GENERATED_BODY()
public:
    UFUNCTION(BlueprintNativeEvent, Category = "talkwire")
    void Heard(const FString& Words);
};

UCLASS(ClassGroup = (talkwire), meta = (BlueprintSpawnableComponent))
class FACES_API UFaceComponent : public UActorComponent, public IFaceHeard
{
    GENERATED_BODY()
public:
    UFUNCTION(BlueprintCallable, Category = "talkwire", meta = (AdvancedDisplay = "Rate"))
    bool PushPcm(const TArray<float>& Samples, int32 Rate = 16000);
    UFUNCTION(BlueprintPure, Category = "talkwire")
    EFaceState State() const { return EFaceState::On; }
    UFUNCTION(BlueprintCallable, Category = "talkwire")
    static UFaceComponent* Find(AActor* Owner, TSubclassOf<UObject> Kind, UPARAM(ref) FFaceStyle& Style);
    UPROPERTY(BlueprintAssignable, Category = "talkwire")
    FFaceLineEvent OnLine;
    UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
    uint8 bLoud : 1;
#if WITH_EDITORONLY_DATA
    UPROPERTY(EditAnywhere, Category = "talkwire")
    int32 Shown = 0;
#endif
#if WITH_EDITOR
    UFUNCTION()
    void Redraw();
#endif
private:
    UPROPERTY(VisibleAnywhere, BlueprintReadOnly, Category = "talkwire", meta = (AllowPrivateAccess = "true"))
    TObjectPtr<UMeshComponent> Mesh;
    UPROPERTY(Transient)
    TArray<TObjectPtr<UObject>> Kept;
    UPROPERTY()
    uint16 Small = 0;
    FFaceNative Native;
    TUniquePtr<FPlain> Plain;
    std::string Anything;
};
"""
PLAIN = "struct FPlain { int Anything; };"
SAMPLES = "const TArray<float>& Samples"
BASES = "public UActorComponent, public IFaceHeard"
CLASS = "class FACES_API UFaceComponent"
GENERATED = '#include "Face.generated.h"'
EMOTIONS = "TMap<FName, float> Emotions"
# what is changed in the good header, into what, and what the lint says of it
BAD_HEADERS = [
    ('#include "Face.generated.h"\n', "", "Face.generated.h"),
    (GENERATED, '#include "Face.generated.h"\n#include "Last.h"', "must be the last include"),
    (GENERATED, '#include "Other.generated.h"\n#include "Face.generated.h"', "another header"),
    ("#pragma once\n", "", "#pragma once"),
    (CLASS, "class UFaceComponent", "not exported: wanted class FACES_API"),
    (CLASS, "class OTHER_API UFaceComponent", "exported by OTHER_API"),
    (CLASS, "class FACES_API FaceComponent", "begins with U"),
    (BASES, "public AActor", "begins with A"),
    (BASES, "public FRunnable", "derived from no UObject"),
    (BASES, "public UActorComponent, public UObject", "second UObject"),
    ("class IFaceHeard\n{\n    GENERATED_BODY()", "class IFaceHeard\n{", "needs a class IFaceHeard"),
    ("FFaceStyle\n{\n    GENERATED_BODY()", "FFaceStyle\n{\n    int A;", "must come first in its body"),
    ("struct FFaceStyle", "struct SFaceStyle", "begins with F"),
    ("enum class EFaceState : uint8", "enum class FaceState : uint8", "begins with E"),
    ("enum class EFaceState : uint8", "enum class EFaceState : int32", "must be : uint8"),
    ("enum class EFaceState : uint8", "enum EFaceState", "must be an enum class"),
    (PLAIN, "struct FPlain { UPROPERTY() int32 A; };", "struct FPlain, which is not"),
    (PLAIN, "UPROPERTY() int32 A;", "no type, which is not reflected"),
    (PLAIN, "namespace n { UENUM() enum class EIn : uint8 { A }; }", "inside of namespace n"),
    (PLAIN, "UCLASS();", "no class with a body follows UCLASS"),
    (PLAIN, "USTRUCT() struct FFaceComponent { GENERATED_BODY() };", "to Unreal"),
    ('BlueprintReadWrite, Category = "talkwire", meta', "BlueprintReadWrite, meta", "no Category"),
    ('UFUNCTION(BlueprintPure, Category = "talkwire")', "UFUNCTION(BlueprintPure)", "State is for Blueprint"),
    ("(EditAnywhere, BlueprintReadOnly", "(EditAnywhere, VisibleAnywhere, Blueprint", "more than one"),
    (', meta = (AllowPrivateAccess = "true"))', ")", "Mesh is private"),
    (SAMPLES, "const std::vector<float>& Samples", "names with ::"),
    (SAMPLES, "const TArray<uint16>& Samples", "not for Blueprint"),
    (SAMPLES, "TArrayView<const float> Samples", "TArrayView is not reflected"),
    (SAMPLES, "const TArray<TArray<float>>& Samples", "container in a container"),
    (SAMPLES, "const float* Samples", "pointer to what is no UObject"),
    (SAMPLES, "TArray<float>&& Samples", "a reference"),
    (SAMPLES, "const FPlain& Samples", "FPlain is not reflected"),
    (SAMPLES, "TFunction<void(int32)> Samples", "TFunction is not reflected"),
    (SAMPLES, "size_t Samples", "not a type that is reflected"),
    ("AActor* Owner", "AActor Owner", "held by pointer"),
    ("AActor* Owner", "TObjectPtr<AActor> Owner", "bare pointer"),
    ("AActor* Owner", "TWeakObjectPtr<AActor> Owner", "not for Blueprint"),
    ("int32 Rate = 16000", "int32 Shown = 16000", "hides a property"),
    ("EFaceState State() const", "EFaceState PushPcm() const", "no overloads"),
    ("EFaceState State() const", "std::string State() const", "its result"),
    (EMOTIONS, "TMap<FName> Emotions", "TMap of 1 types"),
    (EMOTIONS, "TMap<FName, std::string> Emotions", "names with ::"),
    (EMOTIONS, "TSharedPtr<FFaceStyle> Emotions", "TSharedPtr is not reflected"),
    (EMOTIONS, "const FName& Emotions", "a reference"),
    (EMOTIONS, "static FName Emotions", "is static"),
    ("TMap<FName, float> Emotions;", "UFUNCTION()\n    void Reset();", "structs have none"),
    ("FFaceLineEvent OnLine", "FFaceNative OnLine", "dynamic multicast delegate"),
    ("UPROPERTY()\n    uint16 Small = 0", "UPROPERTY()\n    FFaceNative Small", "no dynamic delegate"),
    ("_TwoParams(FFaceLineEvent", "_OneParam(FFaceLineEvent", "its macro is for 2"),
    ("(FFaceLineEvent, int64, Line", "(FFaceLineEvent, uint64, Line", "not for Blueprint"),
    ("FFaceNative", "FaceNative", "begins with F"),
    ("#if WITH_EDITORONLY_DATA", "#if WITH_EDITOR", "UPROPERTY under #if WITH_EDITOR"),
    ("#if WITH_EDITOR\n", "#if TALKWIRE_X\n", "UFUNCTION under #if TALKWIRE_X"),
]  # fmt: skip


def test_a_good_header_has_no_fault() -> None:
    assert uht_lint.lint({"Faces/Public/Face.h": GOOD_HEADER, "Faces/Private/Face.cpp": "int x;"}) == []


@pytest.mark.parametrize(("old", "new", "said"), BAD_HEADERS, ids=[said for *_, said in BAD_HEADERS])
def test_what_unreal_header_tool_would_refuse_is_found(old: str, new: str, said: str) -> None:
    assert old in GOOD_HEADER
    found = uht_lint.lint({"Faces/Public/Face.h": GOOD_HEADER.replace(old, new)})
    assert any(said in str(fault) for fault in found), [str(fault) for fault in found]
    assert all(fault.file == "Faces/Public/Face.h" and fault.line >= 1 for fault in found)


def test_half_a_header_is_no_stumbling_block() -> None:
    for at in range(0, len(GOOD_HEADER), 13):
        for half in (GOOD_HEADER[:at], GOOD_HEADER[at:]):
            assert all(fault.line >= 1 for fault in uht_lint.lint({"Faces/Public/Face.h": half}))


def test_a_fault_names_its_line() -> None:
    found = uht_lint.lint({"Faces/Public/Face.h": GOOD_HEADER.replace("AActor* Owner", "AActor Owner")})
    lines = GOOD_HEADER.splitlines()
    assert [lines[fault.line].strip()[:27] for fault in found] == ["static UFaceComponent* Find"]


def test_what_belongs_to_no_header_is_found() -> None:
    good = {"Faces/Public/Face.h": GOOD_HEADER}
    source = uht_lint.lint({"Faces/Private/A.cpp": "UCLASS() class FACES_API UA {};"})
    assert [str(fault) for fault in source] == ["Faces/Private/A.cpp:1: UCLASS is seen in headers alone"]
    plain = uht_lint.lint({"Faces/Public/B.h": '#include "B.generated.h"'})
    assert len(plain) == 1 and "nothing here is reflected" in plain[0].what
    twice = uht_lint.lint({**good, "Other/Public/Face.h": GOOD_HEADER.replace("FACES_API", "OTHER_API")})
    assert [str(f) for f in twice] == ["Other/Public/Face.h:1: there are two Face.generated.h"]


def uplugin(folder: Path, **changes: Any) -> Path:
    """A plugin of two modules that is right, but for these keys of its descriptor (None: left out)."""
    plugin = folder / "Faces"
    modules = [
        {"Name": "Faces", "Type": "Runtime", "LoadingPhase": "Default"},
        {"Name": "FacesEditor", "Type": "Editor", "LoadingPhase": "PostEngineInit"},
    ]
    said = {
        "FileVersion": 3, "Version": 1, "VersionName": "1.2.3", "FriendlyName": "Faces",
        "Description": "Faces.", "Category": "Animation", "CreatedBy": "nobody",
        "CanContainContent": False, "Modules": modules,
        "Plugins": [{"Name": "LiveLink", "Enabled": True}], "SupportedTargetPlatforms": ["Win64"], **changes,
    }  # fmt: skip
    needs = {"Faces": ("Core", "Engine", "LiveLink"), "FacesEditor": ("Core", "Faces", "UnrealEd")}
    for name, modules_needed in needs.items():
        source = plugin / "Source" / name
        (source / "Public").mkdir(parents=True, exist_ok=True)
        (source / "Private").mkdir(exist_ok=True)
        names = ", ".join(f'"{needed}"' for needed in modules_needed)
        (source / f"{name}.Build.cs").write_text(
            f"public class {name} : ModuleRules {{ public {name}(ReadOnlyTargetRules T) : base(T) {{\n"
            f'PublicDependencyModuleNames.AddRange(new string[] {{ "Core" }});\n'
            f'PrivateDependencyModuleNames.AddRange(new[] {{ {names} }}); /* "Json" */ }} }}'
        )
        (source / f"Public/{name}.h").write_text('#include "CoreMinimal.h"\n#include <cstdint>\n')
        (source / f"Private/{name}.cpp").write_text(
            f'#include "{name}.h"\n#include "Faces.h"\nIMPLEMENT_MODULE(FDefaultModuleImpl, {name})\n'
        )
    text = json.dumps({key: value for key, value in said.items() if value is not None}, indent=1)
    (plugin / "Faces.uplugin").write_text(text)
    return plugin


MODULE = {"Name": "Faces", "Type": "Runtime", "LoadingPhase": "Default"}
EDITOR = {"Name": "FacesEditor", "Type": "Editor", "LoadingPhase": "Default"}
BAD_PLUGINS: list[tuple[dict[str, Any], str]] = [
    ({"FileVersion": 2}, "wanted 3"),
    ({"FileVersion": None}, "FileVersion is missing"),
    ({"Version": "1"}, "Version is '1'"),
    ({"Version": True}, "Version is True"),
    ({"VersionName": "1.2"}, "VersionName 1.2"),
    ({"VersionName": "9.9.9"}, "wanted 1.2.3"),
    ({"EngineVersion": "5.4"}, "wanted 5.N.0"),
    ({"WhitelistPlatforms": ["Win64"]}, "no key of a plugin"),
    ({"SupportedTargetPlatforms": ["Windows"]}, "no such platform: Windows"),
    ({"Modules": []}, "Modules is missing"),
    ({"Modules": [MODULE]}, "FacesEditor has a Build.cs"),
    ({"Modules": [MODULE, EDITOR, MODULE | {"Name": "Gone"}]}, "Source/Gone/Gone.Build.cs is missing"),
    ({"Modules": [MODULE | {"Type": "Game"}, EDITOR]}, "no such type: Game"),
    ({"Modules": [MODULE | {"LoadingPhase": "Late"}, EDITOR]}, "no such loading phase: Late"),
    ({"Modules": [MODULE | {"WhitelistPlatforms": []}, EDITOR]}, "no key of a module"),
    ({"Modules": [MODULE | {"PlatformAllowList": ["PC"]}, EDITOR]}, "no such platform: PC"),
    ({"Plugins": [{"Name": "LiveLink"}]}, "wants Name and Enabled"),
]


def test_a_good_plugin_has_no_fault(tmp_path: Path) -> None:
    plugin = uplugin(tmp_path)
    assert uplugin_lint.lint_uplugin(plugin, "1.2.3") == []
    assert build_lint.lint_dependencies(plugin) == []


@pytest.mark.parametrize(("changes", "said"), BAD_PLUGINS, ids=[said for _, said in BAD_PLUGINS])
def test_what_is_wrong_in_a_descriptor_is_found(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    found = [str(fault) for fault in uplugin_lint.lint_uplugin(uplugin(tmp_path, **changes), "1.2.3")]
    assert any(said in fault for fault in found), found


def test_a_descriptor_that_is_none_is_found(tmp_path: Path) -> None:
    plugin = uplugin(tmp_path)
    (plugin / "Faces.uplugin").write_text("{")
    assert "not JSON" in str(uplugin_lint.lint_uplugin(plugin)[0])
    (plugin / "Faces.uplugin").rename(plugin / "Face.uplugin")
    assert "wanted one Faces.uplugin" in str(uplugin_lint.lint_uplugin(plugin)[0])


def test_modules_that_unreal_could_not_load_are_found(tmp_path: Path) -> None:
    plugin = uplugin(tmp_path)
    (plugin / "Source/Faces/Private/Faces.cpp").write_text("")
    (plugin / "Source/FacesEditor/FacesEditor.Build.cs").write_text("class Other : ModuleRules {}")
    said = [str(fault) for fault in uplugin_lint.lint_uplugin(plugin)]
    assert len(said) == 2 and "no IMPLEMENT_MODULE" in said[0] and "no class FacesEditor" in said[1]


BAD_INCLUDES = [
    ("Faces/Private/A.cpp", '#include "Json.h"', "of no module that MODULE_OF knows"),
    ("Faces/Private/A.cpp", '#include "UObject/Object.h"', "CoreUObject, which Faces.Build.cs does not name"),
    ("Faces/Private/A.cpp", '#include "FacesEditor.h"', "of FacesEditor, which Faces.Build.cs"),
    ("Faces/Public/A.h", '#include "Engine/World.h"', "needed by who includes this"),
]


@pytest.mark.parametrize(("path", "line", "said"), BAD_INCLUDES, ids=[said for *_, said in BAD_INCLUDES])
def test_an_include_without_its_module_is_found(tmp_path: Path, path: str, line: str, said: str) -> None:
    plugin = uplugin(tmp_path)
    (plugin / "Source" / path).write_text(f'// #include "Nothing.h"\n{line}\n')
    found = [str(fault) for fault in build_lint.lint_dependencies(plugin)]
    assert len(found) == 1 and found[0].startswith(f"{path}:2: ") and said in found[0], found


def test_dependencies_in_the_wrong_direction_are_found(tmp_path: Path) -> None:
    plugin = uplugin(tmp_path, Plugins=[])
    built = plugin / "Source/Faces/Faces.Build.cs"
    built.write_text(built.read_text().replace('"Engine"', '"Engine", "UnrealEd", "FacesEditor"'))
    core = plugin / "Source/TalkwireCore"
    core.mkdir()
    (core / "TalkwireCore.Build.cs").write_text('PublicDependencyModuleNames.Add("Engine");')
    said = "\n".join(map(str, build_lint.lint_dependencies(plugin)))
    assert "a game has no FacesEditor, UnrealEd" in said
    assert "the core knows no engine: Engine" in said
    assert "LiveLink is of the plugin LiveLink" in said


def package(folder: Path, **changes: Any) -> Path:
    """A Unity package that is right, but for these keys of its package.json (None: left out)."""
    root = folder / "com.faces.unity"
    said = {
        "name": "com.faces.unity", "version": "1.2.3", "displayName": "Faces", "description": "Faces.",
        "unity": "2021.3", "license": "MIT", "author": {"name": "nobody"},
        "dependencies": {"com.unity.burst": "1.8.0"},
        "samples": [{"displayName": "One", "description": "One.", "path": "Samples~/One"}], **changes,
    }  # fmt: skip
    timeline = {"name": "com.unity.timeline", "expression": "1.0", "define": "FACES_TIMELINE"}
    for path, content in {
        "Runtime/Core/Faces.Core.asmdef": {"name": "Faces.Core", "noEngineReferences": True},
        "Runtime/Faces.asmdef": {
            "name": "Faces", "references": ["Faces.Core", "Unity.Burst", "Unity.Timeline"],
            "versionDefines": [timeline],
        },
        "Editor/Faces.Editor.asmdef": {
            "name": "Faces.Editor", "references": ["Faces", "Faces.Core"], "includePlatforms": ["Editor"],
        },
        "package.json": {key: value for key, value in said.items() if value is not None},
        "Samples~/One/One.cs": {}, "Runtime/Core/A.cs": {},
    }.items():  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(json.dumps(content))
    return root


BAD_PACKAGES: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name is missing"),
    ({"name": "Com.Faces.Unity"}, "in small letters"),
    ({"name": "faces"}, "wanted com.faces.unity"),
    ({"version": "1.2"}, "version 1.2, wanted"),
    ({"version": "01.2.3"}, "version 01.2.3"),
    ({"version": "1.2.4"}, "wanted 1.2.3"),
    ({"unity": "2021.3.1f1"}, "wanted one like 2021.3"),
    ({"unity": None}, "unity is missing"),
    ({"unityRelease": "3"}, "wanted one like 0f1"),
    ({"dependencies": {"com.unity.burst": "^1.8.0"}}, "takes no range"),
    ({"dependencies": []}, "dependencies is []"),
    ({"author": {"url": "x"}}, "no name"),
    ({"dependancies": {}}, "no key here"),
    ({"samples": [{"displayName": "One", "path": "Samples~/One"}]}, "wants displayName, description"),
    ({"samples": [{"displayName": "A", "description": "B", "path": "Samples~/Two"}]}, "Two is no folder"),
    ({"samples": [{"displayName": "A", "description": "B", "path": "Samples/One"}]}, "no folder in Samples~"),
    ({"samples": []}, "Samples~/One is not among the samples"),
]


def test_a_good_package_has_no_fault(tmp_path: Path) -> None:
    assert unity_lint.lint(package(tmp_path), "1.2.3") == []


@pytest.mark.parametrize(("changes", "said"), BAD_PACKAGES, ids=[said for _, said in BAD_PACKAGES])
def test_what_is_wrong_in_a_manifest_is_found(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    found = [str(fault) for fault in unity_lint.lint_package(package(tmp_path, **changes), "1.2.3")]
    assert any(said in fault for fault in found), found


BAD_ASSEMBLIES: list[tuple[str, dict[str, Any], str]] = [
    ("Runtime/Faces.asmdef", {"name": "Face"}, "wanted 'Faces'"),
    ("Runtime/Faces.asmdef", {"references": ["Faces.Gone"]}, "no assembly Faces.Gone"),
    ("Runtime/Faces.asmdef", {"references": ["Faces.Editor"]}, "a game has no Faces.Editor"),
    ("Runtime/Faces.asmdef", {"references": ["Unity.Mathematics"]}, "wants com.unity.mathematics"),
    ("Runtime/Faces.asmdef", {"versionDefines": [{"name": "com.unity.timeline"}]}, "want name, expression"),
    ("Runtime/Faces.asmdef", {"refrences": []}, "refrences is no key"),
    ("Runtime/Faces.asmdef", {"autoReferenced": "yes"}, "autoReferenced is 'yes'"),
    ("Runtime/Core/Faces.Core.asmdef", {"noEngineReferences": False}, "the core has noEngineReferences"),
    ("Runtime/Core/Faces.Core.asmdef", {"references": ["Faces"]}, "references itself in the end"),
    ("Editor/Faces.Editor.asmdef", {"includePlatforms": []}, "an Editor folder's assembly"),
    ("Runtime/Faces.asmdef", {"includePlatforms": ["Editor"]}, "and no other"),
]


@pytest.mark.parametrize(("path", "changes", "said"), BAD_ASSEMBLIES, ids=[s for *_, s in BAD_ASSEMBLIES])
def test_what_is_wrong_in_an_assembly_is_found(
    tmp_path: Path, path: str, changes: dict[str, Any], said: str
) -> None:
    file = package(tmp_path) / path
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    found = [str(fault) for fault in unity_lint.lint_assemblies(tmp_path / "com.faces.unity")]
    assert any(said in fault for fault in found), found


def test_sources_of_no_assembly_are_found(tmp_path: Path) -> None:
    root = package(tmp_path)
    (root / "Lost.cs").write_text("")
    found = [str(fault) for fault in unity_lint.lint_assemblies(root)]
    assert found == ["Lost.cs:1: belongs to no assembly definition"]


GOOD_CPP = r"""
#include "Talkwire/Zmtp.h"
#include <vector>
// throw, UObject, check( in a comment
const char* words = "try to catch(1) \" abort()";
static_assert(sizeof(std::uint8_t) == 1, "");
void f(Clock& clock) { clock.wait(lock, 5); a.attach(1); int recheck(int); socket.recv(1); }
"""
GOOD_CS = r"""
using System;
/* UnityEngine; Thread.Abort() */
class A { string s = @"Console.Write(""x"")"; bool F() { return thread.Join(200) && text.Join(",") != 'x'; } }
"""
BAD_CORES = [
    ("A.cpp", "void f() { try { } catch (...) { } }", "exceptions"),
    ("A.cpp", "void f() { throw 1; }", "exceptions"),
    ("A.h", "auto* b = dynamic_cast<B*>(a);", "RTTI"),
    ("A.cpp", "int x = std::stoi(text);", "throws"),
    ("A.cpp", "int x = list.at(1);", "throws"),
    ("A.cpp", "void f() { std::abort(); }", "ends the editor"),
    ("A.cpp", "void f() { assert(x); }", "ends the editor"),
    ("A.cpp", 'void f() { std::printf("x"); }', "no console"),
    ("A.cpp", "void f(const FString& x);", "no engine"),
    ("A.cpp", "int32 x;", "no engine"),
    ("A.h", "TArray<float> x;", "no engine"),
    ("A.cpp", "bool check(int x);", "Unreal has a macro"),
    ("A.cpp", "std::this_thread::sleep_for(x);", "nothing can wake it"),
    ("A.cpp", "auto n = ::recv(s, p, 1, 0);", "belong to Socket.cpp"),
    ("A.cpp", "condition.wait(lock);", "use wait_for"),
    ("A.cpp", "#include <zmq.h>", "not of the part of the library"),
    ("A.cpp", "void* c = zmq_ctx_new();", "belongs to CurveConnection.cpp"),
    ("CurveConnection.cpp", "zmq_send(s, p, 1, 0);", "waits: ZMQ_DONTWAIT"),
    ("System.h", "using Handle = int;", "sockets wait"),
    ("A.cpp", '#include "CoreMinimal.h"', 'wanted "Talkwire/NAME.h"'),
    ("A.cpp", "#include <stdexcept>", "not of the part of the library"),
    ("A.cs", "using UnityEngine;", "no engine"),
    ("A.cs", "var x = UnityEditor.AssetDatabase.Find();", "no engine"),
    ("A.cs", "thread.Abort();", "in the middle of anything"),
    ("A.cs", "Thread.Sleep(5);", "nothing can wake it"),
    ("A.cs", "thread.Join();", "give it a time"),
    ("A.cs", "wake.WaitOne( );", "give it a time"),
    ("A.cs", "var t = x.GetType();", "reflection"),
    ("A.cs", "var t = Activator.CreateInstance(x);", "reflection"),
    ("A.cs", "using System.Reflection;", "reflection"),
    ("A.cs", "using System.Linq;", "allocates"),
    ("A.cs", "unsafe struct A {}", "unsafe"),
    ("A.cs", 'Console.WriteLine("x");', "no console"),
    ("A.cs", "static readonly Thread Reader;", "outlives a reload"),
    ("A.cs", "using System.Net.Sockets;", "belong to Socket.cs"),
    ("Socket.cs", "using System.Net.Sockets;", "sockets wait"),
    ("ZmqSocket.cs", '[DllImport("libc")]', "belongs to NativeZmq.cs"),
    ("CurveConnection.cs", "NativeZmq.zmq_close(socket);", "libzmq belongs to"),
    ("NativeZmq.cs", "GCHandle pinned;", "no hold of ours"),
]


def test_good_cores_have_no_fault() -> None:
    assert core_lint.lint("A.cpp", GOOD_CPP) == []
    assert core_lint.lint("A.cs", GOOD_CS) == []
    assert core_lint.lint("Private/A.cpp", '#include "Beside.h"') == []
    sockets = "#include <poll.h>\nint f() { return O_NONBLOCK + FIONBIO + ::recv(a, b, c, d); }"
    assert core_lint.lint("Private/System.h", sockets) == []
    curve = "#include <zmq.h>\nint n = zmq_recv(s, p, 1, ZMQ_DONTWAIT);"
    assert core_lint.lint("Private/CurveConnection.cpp", curve) == []


@pytest.mark.parametrize(("file", "source", "said"), BAD_CORES, ids=[s[:24] for _, s, _ in BAD_CORES])
def test_what_no_core_may_use_is_found(file: str, source: str, said: str) -> None:
    found = [str(fault) for fault in core_lint.lint(file, f"\n{source}")]
    assert any(said in fault for fault in found), found


def test_comments_and_strings_are_quiet_and_lines_stay() -> None:
    source = 'a /* b\n c */ "d // e" // f\n\'"\' 1\'000 R"(g "h" /* )" @"i\\" j'
    text = quiet(source)
    assert len(text) == len(source) and text.count("\n") == 2
    assert "".join(text.split()) == 'a""\'\'1\'000R""@""j'.replace('R""', 'R"' + '"')
    assert '"d // e"' in quiet(source, strings=False)


def test_lists_are_split_outside_of_brackets() -> None:
    assert split("a<b, c>, d(e, f), {g, h}") == ["a<b, c>", "d(e, f)", "{g, h}"]
    assert split("  ") == []


def test_the_unreal_plugin_is_right() -> None:
    faults = uht_lint.lint_folder() + uplugin_lint.lint_uplugin(version=VERSION)
    faults += build_lint.lint_dependencies()
    assert [str(fault) for fault in faults] == []


def test_the_unity_package_is_right() -> None:
    assert [str(fault) for fault in unity_lint.lint(version=VERSION)] == []


def test_the_cores_use_nothing_that_they_may_not() -> None:
    assert [str(fault) for fault in core_lint.lint_cores()] == []
