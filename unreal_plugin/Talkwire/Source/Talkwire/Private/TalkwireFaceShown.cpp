// What is seen of a face: its head, its texture, less of both when it is far, and figures on the screen.
#include "TalkwireFaceComponent.h"

#include "Engine/Engine.h"
#include "Engine/Texture2D.h"
#include "Engine/World.h"
#include "GameFramework/Actor.h"
#include "GameFramework/PlayerController.h"
#include "Materials/MaterialInstanceDynamic.h"
#include "TalkwireActor.h"
#include "TalkwireDetail.h"
#include "TalkwireLog.h"
#include "TalkwireMeshComponent.h"
#include "TalkwireSettings.h"

DECLARE_CYCLE_STAT(TEXT("of it: the pose, to a worker"), STAT_TalkwireLaunch, STATGROUP_Talkwire);
DECLARE_CYCLE_STAT(TEXT("of it: the texture"), STAT_TalkwireTexture, STATGROUP_Talkwire);

void UTalkwireFaceComponent::Show(const talkwire::Picture* Picture)
{
	if (bShowMesh)
	{
		SCOPE_CYCLE_COUNTER(STAT_TalkwireLaunch);
		ShowHead();
		if (Picture != nullptr && !Picture->shape.empty())
		{
			Mesh->ShowShape(Picture->shape);
		}
	}
	if (HasTexture())
	{
		SCOPE_CYCLE_COUNTER(STAT_TalkwireTexture);
		ShowTexture();
		if (Picture != nullptr && Texture != nullptr)
		{
			Actor->Patches.Show(Picture->patch, *Texture);
		}
	}
}

void UTalkwireFaceComponent::ShowHead()
{
	const std::shared_ptr<const talkwire::Head>& Head = Actor->Player.head();
	if (Head != Actor->Head)
	{
		Actor->Head = Head;
		Mesh->ShowHead(*Head);
	}
}

void UTalkwireFaceComponent::ShowTexture()
{
	const std::shared_ptr<const talkwire::Image>& Image = Actor->Player.texture();
	if (Image == Actor->Image)
	{
		return;
	}
	Actor->Image = Image;
	Actor->Patches.Forget();
	Texture = FTalkwireTexture::Make(*Image);
	if (Texture == nullptr && Image->format == talkwire::ImageFormat::bc1)
	{
		Actor->bExact = true; // its sides are no whole blocks
		Actor->Seat->Npc.read(ReadingOf(Detail, bShowMesh, HasTexture(), true));
	}
	UMaterialInterface* Base = HeadMaterial;
	if (Base == nullptr && bShowMesh)
	{
		Base = Mesh->GetMaterial(0);
	}
	if (Texture == nullptr || Base == nullptr || !bShowMesh)
	{
		return;
	}
	Material = UMaterialInstanceDynamic::Create(Base, this);
	Material->SetTextureParameterValue(TextureParameter, Texture);
	Mesh->SetMaterial(0, Material);
}

void UTalkwireFaceComponent::ChooseDetail()
{
	FVector Camera = FVector::ZeroVector;
	FRotator Turned;
	APlayerController* Controller = GetWorld()->GetFirstPlayerController();
	if (!bDetailByDistance || Controller == nullptr)
	{
		return;
	}
	Controller->GetPlayerViewPoint(Camera, Turned);
	const double DistanceM = FVector::Dist(Camera, GetOwner()->GetActorLocation()) / 100.0;
	const int32 Wanted = DetailAt(DistanceM, Detail, *GetDefault<UTalkwireSettings>());
	if (Wanted != Detail)
	{
		Detail = Wanted;
		Actor->Seat->Npc.read(ReadingOf(Detail, bShowMesh, HasTexture(), bExactTexture || Actor->bExact));
	}
}

void UTalkwireFaceComponent::ShowFigures(float DeltaTime)
{
	constexpr double EveryS = 0.5;
	if (!bShowStatistics || GEngine == nullptr)
	{
		return;
	}
	FiguresS -= DeltaTime;
	if (FiguresS <= 0.0)
	{
		FiguresS = EveryS;
		Figures = GetStatistics();
	}
	GEngine->AddOnScreenDebugMessage(uint64(GetUniqueID()), 0.0f, FColor::White, Figures);
}
