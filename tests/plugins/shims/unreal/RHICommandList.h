// RHI/FRHICommandListBase/LockBuffer, UnlockBuffer; RHI/FRHIBuffer: memory beside the buffer, which Unlock copies into it
#pragma once
#include "CoreMinimal.h"
enum EResourceLockMode { RLM_WriteOnly };
class FRHIBuffer {
public:
	std::vector<uint8> ShimBytes, ShimStaging;
	int32 ShimWritten = 0;
};
class FBufferRHIRef {
public:
	operator FRHIBuffer*() const { return Buffer.get(); }
	std::shared_ptr<FRHIBuffer> Buffer;
};
class FRHICommandListBase {
public:
	void* LockBuffer(FRHIBuffer* Buffer, uint32 Offset, uint32 Size, EResourceLockMode) {
		if (Buffer == nullptr || Offset != 0 || Size > Buffer->ShimBytes.size()) { std::abort(); }
		Buffer->ShimStaging.resize(Size);
		return Buffer->ShimStaging.data();
	}
	void UnlockBuffer(FRHIBuffer* Buffer) {
		std::copy(Buffer->ShimStaging.begin(), Buffer->ShimStaging.end(), Buffer->ShimBytes.begin());
		++Buffer->ShimWritten;
	}
};
class FRHICommandListImmediate : public FRHICommandListBase {};
