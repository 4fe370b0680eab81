// Session Frontend > Automation > Talkwire. No server is needed, and nothing is left behind.
#include "CoreMinimal.h"
#include "Misc/AutomationTest.h"

#if WITH_DEV_AUTOMATION_TESTS

#include <cstring>
#include <vector>

#include "Talkwire/Link.h"
#include "Talkwire/Shape.h"
#include "TalkwireMeshComponent.h"
#include "TalkwireSubsystem.h"

namespace
{

constexpr auto Flags = EAutomationTestFlags::EditorContext | EAutomationTestFlags::EngineFilter;

/// A corner of a cube, in the wire's space: out of the face is +Z, and its front is seen from there.
std::shared_ptr<const talkwire::Head> MakeHead()
{
	const float Vertices[] = {0, 0, 0.1f, 0.1f, 0, 0.1f, 0, 0.2f, 0.1f};
	const uint32 Triangles[] = {0, 1, 2}, Weld[] = {0, 1, 2};
	const float Uvs[] = {0, 0, 1, 0, 0, 1};
	const float Low[] = {-0.1f, -0.2f, -0.3f}, High[] = {0.1f, 0.2f, 0.3f};
	talkwire::Mesh Mesh;
	std::strcpy(Mesh.topology_id.digits, "0123456789abcdef");
	Mesh.neutral_vx3 = talkwire::Bytes(reinterpret_cast<const uint8*>(Vertices), sizeof Vertices);
	Mesh.triangles_tx3 = talkwire::Bytes(reinterpret_cast<const uint8*>(Triangles), sizeof Triangles);
	Mesh.uvs_vx2 = talkwire::Bytes(reinterpret_cast<const uint8*>(Uvs), sizeof Uvs);
	Mesh.weld_v = talkwire::Bytes(reinterpret_cast<const uint8*>(Weld), sizeof Weld);
	Mesh.box_low_m = talkwire::Bytes(reinterpret_cast<const uint8*>(Low), sizeof Low);
	Mesh.box_high_m = talkwire::Bytes(reinterpret_cast<const uint8*>(High), sizeof High);
	return std::make_shared<const talkwire::Head>(Mesh);
}

} // namespace

IMPLEMENT_SIMPLE_AUTOMATION_TEST(FTalkwireHeadTest, "Talkwire.A head is where it belongs", Flags)

bool FTalkwireHeadTest::RunTest(const FString&)
{
	UTalkwireMeshComponent* Component = NewObject<UTalkwireMeshComponent>();
	const std::shared_ptr<const talkwire::Head> Head = MakeHead();
	Component->ShowHead(*Head);
	TArray<FVector3f> Positions, Normals;
	TArray<uint32> Triangles;
	Component->GetVertices(Positions, Normals, Triangles);
	if (!TestEqual(TEXT("vertices"), Positions.Num(), 3) || !TestEqual(TEXT("corners"), Triangles.Num(), 3))
	{
		return false;
	}
	const FVector3f Corner = Positions[2]; // (0, 0.2, 0.1) m: up, and out of the face
	TestTrue(TEXT("centimetres, Z up, the face along +Y"), FVector3f::Dist(Corner, FVector3f(0.0f, 10.0f, 20.0f)) < 1e-3f);
	const FVector3f A = Positions[int32(Triangles[0])], B = Positions[int32(Triangles[1])], C = Positions[int32(Triangles[2])];
	TestTrue(TEXT("its front is seen from outside"), (((C - A) ^ (B - A)) | FVector3f(0.0f, 1.0f, 0.0f)) > 0.0f);
	TestTrue(TEXT("its normals point out"), Normals[0].Y > 0.99f);

	const FBoxSphereBounds Bounds = Component->CalcBounds(FTransform());
	return TestTrue(TEXT("its bounds are those of its motion"), FVector::Dist(Bounds.BoxExtent, FVector(10.0, 30.0, 20.0)) < 1e-3);
}

IMPLEMENT_SIMPLE_AUTOMATION_TEST(FTalkwireConnectTest, "Talkwire.Nothing waits for a server", Flags)

bool FTalkwireConnectTest::RunTest(const FString&)
{
	const FString Nobody = TEXT("tcp://127.0.0.1:9"); // discard: nobody listens there
	UTalkwireSubsystem* Subsystem = UTalkwireSubsystem::Get();
	if (!TestTrue(TEXT("the subsystem is there"), Subsystem != nullptr))
	{
		return false;
	}
	const int64 Then = talkwire::clock_ns();
	Subsystem->Connect(Nobody);
	const double TookMs = double(talkwire::clock_ns() - Then) / 1e6;
	TestTrue(TEXT("connecting takes no time"), TookMs < 50.0);
	return TestTrue(TEXT("it is being tried"), Subsystem->GetState(Nobody) == ETalkwireState::Connecting);
}

#endif // WITH_DEV_AUTOMATION_TESTS
