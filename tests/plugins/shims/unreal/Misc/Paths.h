// Core/Misc/FPaths
#pragma once
#include <sys/stat.h>

#include "CoreMinimal.h"
struct FPaths {
	static FString ProjectDir() { return TEXT("/shim/project/"); }
	static FString ConvertRelativePathToFull(const FString& Base, const FString& Path) {
		return !Path.IsEmpty() && (*Path)[0] == TEXT('/') ? Path : FString::Printf(TEXT("%s%s"), *Base, *Path);
	}
	static bool FileExists(const FString& Path) {
		struct stat Found;
		return stat(std::string(TCHAR_TO_UTF8(*Path)).c_str(), &Found) == 0 && S_ISREG(Found.st_mode);
	}
};
