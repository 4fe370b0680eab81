// The core's words are UTF-8, the engine's are its own.
#pragma once

#include <string>
#include <string_view>

#include "CoreMinimal.h"

inline FString ToEngine(std::string_view Text)
{
	return FString(UTF8_TO_TCHAR(std::string(Text).c_str()));
}

inline std::string ToCore(const FString& Text)
{
	return std::string(TCHAR_TO_UTF8(*Text));
}
