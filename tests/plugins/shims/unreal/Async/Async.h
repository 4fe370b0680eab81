// Core/Async/Async, AsyncTask: a pool of one; what is for the game thread waits until the test runs it.
#pragma once
#include <mutex>
#include <thread>
#include "CoreMinimal.h"
enum class EAsyncExecution { ThreadPool };
namespace ENamedThreads { enum Type { GameThread }; }
struct FShimGameThread {
	static inline std::mutex Lock;
	static inline std::vector<std::function<void()>> Tasks;
	static void Run() {
		std::vector<std::function<void()>> Taken; {
			std::lock_guard<std::mutex> Hold(Lock);
			Taken.swap(Tasks);
		}
		for (const auto& Task : Taken) { Task(); }
	}
};
inline void AsyncTask(ENamedThreads::Type, std::function<void()> Task) {
	std::lock_guard<std::mutex> Hold(FShimGameThread::Lock);
	FShimGameThread::Tasks.push_back(std::move(Task));
}
inline void Async(EAsyncExecution, std::function<void()> Task) { std::thread(std::move(Task)).join(); }
