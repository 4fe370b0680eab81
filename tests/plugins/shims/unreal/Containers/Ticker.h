// Core/Containers/FTSTicker
#pragma once
#include "CoreMinimal.h"
class FTSTicker {
public:
	using FDelegateHandle = int32;
	static FTSTicker& GetCoreTicker() { static FTSTicker One; return One; }
	FDelegateHandle AddTicker(const FTickerDelegate& Delegate, float = 0.0f) {
		Bound.push_back({++Last, Delegate.Function});
		return Last;
	}
	void RemoveTicker(FDelegateHandle Handle) {
		Bound.erase(std::remove_if(Bound.begin(), Bound.end(), [=](const auto& One) { return One.first == Handle; }), Bound.end());
	}
	void Tick(float Delta) {
		const auto All = Bound; // who is called may bind and unbind
		for (const auto& One : All) {
			if (!One.second(Delta)) { RemoveTicker(One.first); }
		}
	}

private:
	int32 Last = 0;
	std::vector<std::pair<int32, std::function<bool(float)>>> Bound;
};
