// Core/UE__Tasks__Launch, Core/FTaskHandle, Core/TTask: two workers, while the test lets them run. Who waits for a task that none
// of them has begun does it itself, as there; its body is gone when it is done. Tasks come from a pool.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>
#include "CoreMinimal.h"
#include "ShimWork.h"
struct FShimTask {
	enum EState { Queued, Begun, Done };
	std::atomic<int> State{Done}, Holders{0};
	FShimWork Body;
};
class FShimWorkers {
public:
	static FShimWorkers& Get() { static FShimWorkers One; return One; }
	FShimTask* Launch(FShimWork&& Body) {
		std::lock_guard<std::mutex> Hold(Lock);
		FShimTask* Made = nullptr;
		for (const auto& One : Pool) { Made = One->Holders == 0 ? One.get() : Made; }
		if (Made == nullptr) { Made = Pool.emplace_back(std::make_unique<FShimTask>()).get(); }
		Made->Holders = 2; // who launched it, and the queue
		Made->State = FShimTask::Queued;
		Made->Body = std::move(Body);
		Queue.push_back(Made);
		Changed.notify_one();
		return Made;
	}
	void Wait(FShimTask& Task) {
		if (!Try(Task)) {
			std::unique_lock<std::mutex> Hold(Lock);
			Ended.wait(Hold, [&]() { return Task.State == FShimTask::Done; });
		}
	}
	void Start() {
		bStop = false;
		for (int32 i = 0; i < 2; ++i) { Threads.emplace_back([this]() { Work(); }); }
	}
	/// All that is queued is done.
	void Stop() {
		{ std::lock_guard<std::mutex> Hold(Lock); bStop = true; }
		Changed.notify_all();
		for (std::thread& One : Threads) { One.join(); }
		Threads.clear();
	}

private:
	bool Try(FShimTask& Task) {
		int Expected = FShimTask::Queued;
		if (!Task.State.compare_exchange_strong(Expected, FShimTask::Begun)) { return Expected == FShimTask::Done; }
		Task.Body();
		Task.Body.End();
		{ std::lock_guard<std::mutex> Hold(Lock); Task.State = FShimTask::Done; }
		Ended.notify_all();
		return true;
	}
	void Work() {
		for (std::unique_lock<std::mutex> Hold(Lock); ;) {
			Changed.wait(Hold, [this]() { return bStop || !Queue.empty(); });
			if (Queue.empty()) { return; }
			FShimTask* Task = Queue.front();
			Queue.erase(Queue.begin());
			Hold.unlock();
			Try(*Task);
			--Task->Holders;
			Hold.lock();
		}
	}
	std::mutex Lock;
	std::condition_variable Changed, Ended;
	std::vector<std::unique_ptr<FShimTask>> Pool;
	std::vector<FShimTask*> Queue;
	std::vector<std::thread> Threads;
	bool bStop = false;
};
namespace UE::Tasks {
template <class Result> class TTask {
public:
	TTask() = default;
	explicit TTask(FShimTask* One) : Task(One) {}
	TTask(const TTask& Other) : Task(Other.Task) { if (Task != nullptr) { ++Task->Holders; } }
	TTask& operator=(TTask Other) { std::swap(Task, Other.Task); return *this; }
	~TTask() { if (Task != nullptr) { --Task->Holders; } }
	bool IsValid() const { return Task != nullptr; }
	bool IsCompleted() const { return Task == nullptr || Task->State == FShimTask::Done; }
	void Wait() { if (Task != nullptr) { FShimWorkers::Get().Wait(*Task); } }

private:
	FShimTask* Task = nullptr;
};
using FTask = TTask<void>;
template <class Body> FTask Launch(const TCHAR*, Body&& TaskBody) { return FTask(FShimWorkers::Get().Launch(FShimWork(std::forward<Body>(TaskBody)))); }
}
