// The poses of one head on their way: asked for by the game thread, summed by a worker, taken by the render thread.
#pragma once

#include <array>
#include <atomic>

#include "CoreMinimal.h"
#include "TalkwireGeometry.h"
#include "Tasks/Task.h"

/// The render thread is at most a frame behind the game thread, so that three are enough: one that it reads, one that it
/// will read, one to write. Whoever holds it may outlive the component: no thread waits for another to end.
class FTalkwirePoses : public TSharedFromThis<FTalkwirePoses, ESPMode::ThreadSafe>
{
public:
	explicit FTalkwirePoses(const talkwire::Head& Head);

	/// The game thread's. Have this pose summed from now on: it is the newest. Takes no memory but the engine's for a task.
	/// False where it is of another head, or where the render thread is so far behind that all three are under way.
	bool Launch(const talkwire::Shape& Shape);

	/// The newest, to be kept as it is until Give.
	int32 Take();
	/// Any thread: as soon as it is summed. A worker that has not begun is not waited for: its work is done here.
	const FTalkwirePose& Wait(int32 Taken);
	/// Any thread: it is not needed any more.
	void Give(int32 Taken);

private:
	struct FSlot
	{
		explicit FSlot(const talkwire::Head& Head) : Pose(Head) {}

		FTalkwirePose Pose;
		talkwire::Shape Shape; // the task's, until it is summed
		UE::Tasks::FTask Task;
		std::atomic<int32> Takers{0};
	};

	void Compute(FSlot& Slot);

	std::array<FSlot, 3> Slots;
	int32 Newest = 0;
};
