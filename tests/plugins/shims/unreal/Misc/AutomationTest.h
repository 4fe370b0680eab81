// Core/Misc/FAutomationTestBase, IMPLEMENT_SIMPLE_AUTOMATION_TEST, EAutomationTestFlags
#pragma once
#include "CoreMinimal.h"
namespace EAutomationTestFlags { enum Type { EditorContext = 1, EngineFilter = 2 }; }
class FAutomationTestBase {
public:
	virtual ~FAutomationTestBase() = default;
	virtual bool RunTest(const FString& Parameters) = 0;
	bool TestTrue(const TCHAR*, bool bValue) { return Note(bValue); }
	bool TestEqual(const TCHAR*, int32 A, int32 B) { return Note(A == B); }
	bool Note(bool bRight) { return bShimRight = bShimRight && bRight, bRight; }
	bool bShimRight = true;
	static inline std::vector<FAutomationTestBase*> ShimAll;
};
#define IMPLEMENT_SIMPLE_AUTOMATION_TEST(Class, Words, Flags)                                       \
	class Class : public FAutomationTestBase                                                        \
	{                                                                                               \
	public:                                                                                         \
		Class() { ShimAll.push_back(this); }                                                        \
		static constexpr int ShimFlags = Flags;                                                     \
		virtual bool RunTest(const FString& Parameters) override;                                   \
	};                                                                                              \
	static Class Shim##Class;
