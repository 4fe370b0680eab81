// Core/Stats: DECLARE_STATS_GROUP, DECLARE_CYCLE_STAT, SCOPE_CYCLE_COUNTER. A bench has each pass' time of its thread's processor.
#pragma once
#include <ctime>
#include <map>
#include <mutex>
#include <vector>
#include "CoreMinimal.h"
inline double ShimThreadUs() {
	std::timespec Now{};
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &Now);
	return 1e6 * double(Now.tv_sec) + 1e-3 * double(Now.tv_nsec);
}
struct FShimStat {
	static inline bool bKept = false;
	static inline std::mutex Lock;
	static inline std::map<std::string, std::vector<double>> TookUs;
	explicit FShimStat(const TCHAR* InWords) : Words(InWords), BeganUs(bKept ? ShimThreadUs() : 0.0) {}
	~FShimStat() {
		if (bKept) {
			const double EndedUs = ShimThreadUs();
			std::lock_guard<std::mutex> Hold(Lock);
			TookUs[ShimNarrow(Words)].push_back(EndedUs - BeganUs);
		}
	}
	const TCHAR* Words;
	double BeganUs;
};
#define DECLARE_STATS_GROUP(Words, Group, Category) struct Group {}
#define DECLARE_CYCLE_STAT(Words, Stat, Group) struct Stat : Group { static constexpr const TCHAR* ShimWords = Words; }
#define SCOPE_CYCLE_COUNTER(Stat) const FShimStat Shim##Stat(Stat::ShimWords)
