// A head's mesh between three threads: what is drawn, when, and what is left when the component has gone.
#include "../cpp/check.h"
#include "Cube.h"
#include "Drawn.h"
#include "Loop.h"

namespace
{

/// A component in an engine without a render thread of its own, and with workers or without.
struct FStage
{
	explicit FStage(bool bWorkers = false) : bHasWorkers(bWorkers)
	{
		if (bHasWorkers)
		{
			FShimWorkers::Get().Start();
		}
		AActor* Actor = ShimMake<AActor>(nullptr);
		Mesh = NewObject<UTalkwireMeshComponent>(Actor);
		Mesh->RegisterComponent();
	}
	~FStage()
	{
		ShimObjects().clear();
		FShimRender::Flush();
		if (bHasWorkers)
		{
			FShimWorkers::Get().Stop();
		}
	}

	/// What the game thread leaves behind, in the render thread's order.
	void Frame()
	{
		UActorComponent::ShimEndOfFrame();
		FShimRender::Flush();
	}
	FDrawn Drawn() const { return FDrawn::Of(*Mesh); }
	/// Of all vertices, in mm; they are at one place.
	float Place() const { return std::round(10.0f * Drawn().Positions.at(0).X); }

	UTalkwireMeshComponent* Mesh;
	const bool bHasWorkers;
};

} // namespace

TEST(a_head_is_the_right_way_out)
{
	FStage Stage;
	const std::shared_ptr<const talkwire::Head> Head = FCube().Head();
	CHECK(Stage.Drawn().Positions.empty());
	Stage.Mesh->ShowHead(*Head);
	Stage.Frame();
	Stage.Mesh->ShowShape(talkwire::Shape::neutral(Head));
	Stage.Frame();
	const FDrawn Drawn = Stage.Drawn();
	CHECK_EQ(Drawn.Written, 2); // at rest, and this
	CHECK_EQ(Drawn.Positions.size(), 8u);
	CHECK_EQ(Drawn.Triangles.size(), 3u * 15);
	for (std::size_t i = 0; i < Drawn.Triangles.size(); i += 3)
	{
		const FVector3f A = Drawn.Positions[Drawn.Triangles[i]], B = Drawn.Positions[Drawn.Triangles[i + 1]], C = Drawn.Positions[Drawn.Triangles[i + 2]];
		CHECK(((((C - A) ^ (B - A)) | (A + B + C)) > 0) == (i < 3 * 14)); // Unreal's front; the last has no area
	}
	for (std::size_t i = 0; i < 8; ++i)
	{
		CHECK((Drawn.Normals[i] | Drawn.Positions[i]) > 0.5f * Drawn.Positions[i].Size());
		CHECK_NEAR(Drawn.Normals[i].Size(), 1.0, 1e-3);
		CHECK_NEAR(Drawn.Tangents[i].Size(), 1.0, 1e-3);
		CHECK_NEAR(Drawn.Normals[i] | Drawn.Tangents[i], 0.0, 1e-3);
	}
	CHECK(FVector3f::Dist(Drawn.Positions[6], FVector3f(-10, 10, 10)) < 1e-4f); // wire: (-0.1, 0.1, 0.1) m
	CHECK_NEAR(Drawn.Uvs[6].X, 0.75, 1e-6);
	CHECK_NEAR(Drawn.Uvs[6].Y, 0.25, 1e-6); // v grows downward in both
	CHECK_NEAR(Stage.Mesh->Bounds.BoxExtent.Z, 10.0, 1e-4);
}

TEST(a_pose_is_drawn_in_the_frame_that_asks_for_it)
{
	for (const bool bWorkers : {false, true}) // without any the render thread sums it
	{
		FStage Stage(bWorkers);
		const std::shared_ptr<const talkwire::Head> Head = FCube().Head();
		Stage.Mesh->ShowHead(*Head);
		Stage.Frame();
		for (float Mm = 1; Mm < 200; ++Mm)
		{
			Stage.Mesh->ShowShape(FCube::At(Mm, Head));
			Stage.Frame();
			CHECK_EQ(Stage.Place(), Mm);
		}
	}
}

TEST(a_shape_of_another_head_is_not_shown)
{
	FStage Stage;
	const std::shared_ptr<const talkwire::Head> Head = FCube().Head();
	Stage.Mesh->ShowShape(talkwire::Shape::neutral(Head)); // there is no head
	Stage.Mesh->ShowHead(*Head);
	Stage.Frame();
	Stage.Mesh->ShowShape(talkwire::Shape::neutral(FCube::Larger().Head()));
	Stage.Mesh->ShowShape(talkwire::Shape());
	Stage.Frame();
	CHECK_EQ(Stage.Drawn().Written, 1);
}

TEST(another_head_takes_the_place_of_one_that_is_being_posed)
{
	FStage Stage;
	const std::shared_ptr<const talkwire::Head> Head = FCube().Head(), Next = FCube::Larger().Head();
	Stage.Mesh->ShowHead(*Head);
	Stage.Frame();
	Stage.Mesh->ShowShape(FCube::At(3, Head));
	UActorComponent::ShimEndOfFrame(); // the render thread has not looked yet
	Stage.Mesh->ShowHead(*Next);
	Stage.Frame();
	CHECK_EQ(Stage.Drawn().Positions.size(), 9u);
	Stage.Mesh->ShowShape(FCube::At(4, Next));
	Stage.Frame();
	CHECK_EQ(Stage.Place(), 4);
}

TEST(another_material_keeps_the_pose)
{
	FStage Stage;
	const std::shared_ptr<const talkwire::Head> Head = FCube().Head();
	Stage.Mesh->ShowHead(*Head);
	Stage.Frame();
	Stage.Mesh->ShowShape(FCube::At(5, Head));
	Stage.Frame();
	Stage.Mesh->SetMaterial(0, ShimMake<UMaterialInterface>(nullptr)); // as a paused game does it
	Stage.Frame();
	CHECK_EQ(Stage.Place(), 5);
	CHECK_EQ(Stage.Drawn().Written, 1);
}

TEST(what_is_hidden_is_not_summed)
{
	FStage Stage;
	const std::shared_ptr<const talkwire::Head> Head = FCube().Head();
	Stage.Mesh->SetVisibility(false);
	Stage.Mesh->ShowHead(*Head);
	Stage.Frame();
	Stage.Mesh->ShowShape(FCube::At(6, Head));
	Stage.Frame();
	CHECK(Stage.Drawn().Positions.empty());
	Stage.Mesh->SetVisibility(true);
	Stage.Frame();
	CHECK_EQ(Stage.Place(), -100); // at rest
	Stage.Mesh->ShowShape(FCube::At(7, Head));
	Stage.Frame();
	CHECK_EQ(Stage.Place(), 7);
}

TEST(a_render_thread_that_is_behind_gets_whole_poses_and_the_newest_last)
{
	FStage Stage;
	const std::shared_ptr<const talkwire::Head> Head = FCube().Head();
	Stage.Mesh->ShowHead(*Head);
	Stage.Frame();
	for (float Mm = 1; Mm < 20; ++Mm)
	{
		Stage.Mesh->ShowShape(FCube::At(Mm, Head));
		UActorComponent::ShimEndOfFrame();
	}
	FShimRender::Flush();
	CHECK_EQ(Stage.Place(), 3); // there is room for three: what came then is left out
	Stage.Mesh->ShowShape(FCube::At(21, Head));
	Stage.Frame();
	CHECK_EQ(Stage.Place(), 21);
}

TEST(where_the_vertices_are_can_be_asked)
{
	FStage Stage;
	const std::shared_ptr<const talkwire::Head> Head = FCube().Head();
	TArray<FVector3f> Positions, Normals;
	TArray<uint32> Triangles;
	Stage.Mesh->GetVertices(Positions, Normals, Triangles);
	CHECK_EQ(Positions.Num(), 0);
	Stage.Mesh->ShowHead(*Head);
	Stage.Frame();
	Stage.Mesh->ShowShape(FCube::At(8, Head));
	Stage.Mesh->GetVertices(Positions, Normals, Triangles);
	CHECK_NEAR(Positions[7].Y, 0.8, 1e-5);
	CHECK_EQ(Normals.Num(), 8);
	CHECK_EQ(Triangles.Num(), 45);
}

TEST(a_component_goes_while_its_pose_is_being_summed)
{
	std::weak_ptr<const talkwire::Head> Left;
	{
		FStage Stage(true);
		const std::shared_ptr<const talkwire::Head> Head = FCube().Head();
		Left = Head;
		for (int i = 0; i < 300; ++i)
		{
			Stage.Mesh->ShowHead(*Head);
			Stage.Frame();
			Stage.Mesh->ShowShape(FCube::At(9, Head));
			if (i % 3 != 0)
			{
				UActorComponent::ShimEndOfFrame();
			}
			Stage.Mesh->DestroyComponent(); // nobody waits for the worker
			if (i % 2 != 0)
			{
				FShimRender::Flush();
			}
			Stage.Mesh = NewObject<UTalkwireMeshComponent>(Cast<AActor>(ShimObjects().front().get()));
			Stage.Mesh->RegisterComponent();
		}
	}
	CHECK(Left.expired()); // no task and no pose keeps frames
}

TEST(three_threads_and_a_head_that_changes)
{
	FStage Stage(true);
	const std::shared_ptr<const talkwire::Head> Heads[] = {FCube().Head(), FCube::Larger().Head()};
	std::thread Render;
	for (int i = 0; i < 3'000; ++i)
	{
		const std::shared_ptr<const talkwire::Head>& Head = Heads[i / 50 % 2];
		if (i % 50 == 0)
		{
			Stage.Mesh->ShowHead(*Head);
		}
		if (i % 70 == 0)
		{
			Stage.Mesh->SetMaterial(0, nullptr);
		}
		Stage.Mesh->ShowShape(FCube::At(float(i), Head));
		UActorComponent::ShimEndOfFrame();
		if (Render.joinable())
		{
			Render.join(); // it is a frame behind
		}
		Render = std::thread([Frame = std::exchange(FShimRender::Commands, {})]() mutable { FShimRender::Run(Frame); });
	}
	Render.join();
	FShimRender::Flush();
	CHECK_EQ(Stage.Place(), 2'999);
}
