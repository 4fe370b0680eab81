// RenderCore/ENQUEUE_RENDER_COMMAND, RenderCore/BeginInitResource: commands wait until the test's render thread takes a frame's
#pragma once
#include "CoreMinimal.h"
#include "RHICommandList.h"
#include "ShimWork.h"
struct FShimRender {
	static inline std::vector<FShimWork> Commands; // of the frame that the game thread makes
	static void Run(std::vector<FShimWork>& Frame) {
		for (FShimWork& One : Frame) { One(); }
		Frame.clear();
	}
	/// Where there is no render thread.
	static void Flush() {
		std::vector<FShimWork> Frame;
		Frame.swap(Commands);
		Run(Frame);
	}
	template <class F> void operator()(F&& Command) const {
		Commands.push_back(FShimWork([Body = std::forward<F>(Command)]() mutable {
			FRHICommandListImmediate List;
			Body(List);
		}));
	}
};
#define ENQUEUE_RENDER_COMMAND(Name) FShimRender()
class FRenderResource {
public:
	virtual ~FRenderResource() { if (bShimOnCard) { std::abort(); } }
	virtual void ShimInit() {}
	void ShimPut() { ShimInit(); bShimOnCard = true; }
	void ReleaseResource() { bShimOnCard = false; }

private:
	bool bShimOnCard = false;
};
inline void BeginInitResource(FRenderResource* One) {
	FShimRender()([One](FRHICommandListImmediate&) { One->ShimPut(); });
}
