#include "TalkwirePoses.h"

#include "TalkwireLog.h"

DECLARE_CYCLE_STAT(TEXT("vertices and normals (a worker)"), STAT_TalkwirePose, STATGROUP_Talkwire);

FTalkwirePoses::FTalkwirePoses(const talkwire::Head& Head) : Slots{FSlot(Head), FSlot(Head), FSlot(Head)} {}

bool FTalkwirePoses::Launch(const talkwire::Shape& Shape)
{
	if (Shape.vertex_count() != std::size_t(Slots[0].Pose.GetPositions().Num()))
	{
		return false;
	}
	for (int32 i = 0; i < int32(Slots.size()); ++i)
	{
		FSlot& Slot = Slots[std::size_t(i)];
		if (i == Newest || Slot.Takers != 0 || !Slot.Task.IsCompleted())
		{
			continue;
		}
		Slot.Shape = Shape;
		Slot.Task = UE::Tasks::Launch(TEXT("talkwire pose"), [Self = AsShared(), &Slot]() { Self->Compute(Slot); });
		Newest = i;
		return true;
	}
	return false;
}

void FTalkwirePoses::Compute(FSlot& Slot)
{
	SCOPE_CYCLE_COUNTER(STAT_TalkwirePose);
	Slot.Pose.Compute(Slot.Shape);
	Slot.Shape = talkwire::Shape(); // its frames may go
}

int32 FTalkwirePoses::Take()
{
	++Slots[std::size_t(Newest)].Takers;
	return Newest;
}

const FTalkwirePose& FTalkwirePoses::Wait(int32 Taken)
{
	FSlot& Slot = Slots[std::size_t(Taken)];
	if (Slot.Task.IsValid())
	{
		Slot.Task.Wait();
	}
	return Slot.Pose;
}

void FTalkwirePoses::Give(int32 Taken)
{
	--Slots[std::size_t(Taken)].Takers;
}
