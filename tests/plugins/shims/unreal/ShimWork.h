// Work of one thread for another, in memory of its own: what the engine takes from pools for a task and a render command.
#pragma once
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>
class FShimWork {
public:
	FShimWork() = default;
	template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, FShimWork>>> explicit FShimWork(F&& From) {
		using Body = std::decay_t<F>;
		static_assert(sizeof(Body) <= sizeof Memory, "more room");
		new (Memory) Body(std::forward<F>(From));
		Run = [](void* At) { (*static_cast<Body*>(At))(); };
		Move = [](void* At, void* To) {
			if (To != nullptr) { new (To) Body(std::move(*static_cast<Body*>(At))); }
			static_cast<Body*>(At)->~Body();
		};
	}
	FShimWork(FShimWork&& Other) noexcept { *this = std::move(Other); }
	FShimWork& operator=(FShimWork&& Other) noexcept {
		End();
		if (Other.Run != nullptr) { Other.Move(Other.Memory, Memory); }
		Run = std::exchange(Other.Run, nullptr);
		Move = Other.Move;
		return *this;
	}
	~FShimWork() { End(); }
	void operator()() { Run(Memory); }
	/// What it captured is gone.
	void End() {
		if (std::exchange(Run, nullptr) != nullptr) { Move(Memory, nullptr); }
	}

private:
	alignas(16) unsigned char Memory[96];
	void (*Run)(void*) = nullptr;
	void (*Move)(void*, void*) = nullptr;
};
