// What the plugin uses of Unreal, for a compiler that has no Unreal: written from Epic's public API reference, as few members as
// are used. It shows that the plugin is C++ and fits these signatures. It does not show that they are the engine's.
//
// A page "Core/Containers/TArray" is at https://dev.epicgames.com/documentation/en-us/unreal-engine/API/Runtime/Core/Containers/TArray
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cwchar>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Core/GenericPlatform/FGenericPlatformTypes
using uint8 = unsigned char;
using uint16 = unsigned short;
using int16 = short;
using int32 = int;
using uint32 = unsigned int;
using int64 = long long;
using uint64 = unsigned long long;
using TCHAR = wchar_t;
#define TEXT(Text) L##Text
#define UPROPERTY(...)
#define UFUNCTION(...)
#define UCLASS(...)
#define USTRUCT(...)
#define UENUM(...)
#define UMETA(...)
#define UPARAM(...)
// Made by the test, as Unreal Header Tool does: what each class is.
#define SHIM_JOIN_(A, B, C) A##_##B##_##C
#define SHIM_JOIN(A, B, C) SHIM_JOIN_(A, B, C)
#define GENERATED_BODY() SHIM_JOIN(CURRENT_FILE_ID, __LINE__, GENERATED_BODY)

// Core/Templates/MoveTemp
template <class T> std::remove_reference_t<T>&& MoveTemp(T&& Value) { return static_cast<std::remove_reference_t<T>&&>(Value); }

// Core/Containers/TArray
template <class T> class TArray : private std::vector<T> {
	using Base = std::vector<T>;

public:
	using Base::begin;
	using Base::end;
	TArray() = default;
	TArray(std::initializer_list<T> Items) : Base(Items) {}
	int32 Num() const { return int32(Base::size()); }
	bool IsEmpty() const { return Base::empty(); }
	T* GetData() { return Base::data(); }
	const T* GetData() const { return Base::data(); }
	T& operator[](int32 I) { return Base::at(std::size_t(I)); }
	const T& operator[](int32 I) const { return Base::at(std::size_t(I)); }
	T& Last() { return Base::back(); }
	int32 Add(const T& Item) { Base::push_back(Item); return Num() - 1; }
	void Append(const T* Items, int32 Count) { Base::insert(end(), Items, Items + Count); }
	void Empty() { Base().swap(*this); }
	void SetNumZeroed(int32 Count) { Base::assign(std::size_t(Count), T()); }
	void SetNumUninitialized(int32 Count) { Base::resize(std::size_t(Count)); }
	template <class F> int32 RemoveAll(const F& Is) {
		const auto At = std::remove_if(begin(), end(), Is);
		const int32 Count = int32(end() - At);
		Base::erase(At, end());
		return Count;
	}
};
// Core/Containers/TMap
template <class K, class V> struct TPair {
	K Key;
	V Value;
};
template <class K, class V> class TMap : public TArray<TPair<K, V>> {
public:
	V& Add(const K& Key, const V& Value) { TArray<TPair<K, V>>::Add({Key, Value}); return this->Last().Value; }
};

// Core/Containers/FString; Core/Containers/TStringConversion
class FString {
public:
	FString() = default;
	FString(const TCHAR* Text) : Value(Text != nullptr ? Text : L"") {}
	const TCHAR* operator*() const { return Value.c_str(); }
	bool IsEmpty() const { return Value.empty(); }
	friend bool operator==(const FString& A, const FString& B) { return A.Value == B.Value; }
	friend bool operator!=(const FString& A, const FString& B) { return A.Value != B.Value; }
	static FString Printf(const TCHAR* Format, ...) {
		std::wstring Wide(Format);
		for (std::size_t At = 0; (At = Wide.find(L"%s", At)) != std::wstring::npos; At += 3) {
			Wide.replace(At, 2, L"%ls"); // what %s is in Unreal
		}
		wchar_t Text[2048] = L"";
		va_list Arguments;
		va_start(Arguments, Format);
		std::vswprintf(Text, 2048, Wide.c_str(), Arguments);
		va_end(Arguments);
		return FString(Text);
	}

private:
	std::wstring Value;
};
inline std::string ShimNarrow(const TCHAR* Text) {
	return std::string(Text, Text + std::wcslen(Text)); // all that is said here is ASCII
}
inline std::wstring ShimWide(const char* Text) {
	const std::string Narrow(Text);
	return std::wstring(Narrow.begin(), Narrow.end());
}
#define TCHAR_TO_UTF8(Text) ShimNarrow(Text).c_str()
#define UTF8_TO_TCHAR(Text) ShimWide(Text).c_str()
// Core/UObject/FName; Core/Internationalization/FText
enum EName { NAME_None };
class FName {
public:
	FName(EName = NAME_None) {}
	explicit FName(const TCHAR* Text) : Value(Text) {}
	FName(const FString& Text) : Value(Text) {}
	FString ToString() const { return Value; }
	friend bool operator==(const FName& A, const FName& B) { return A.Value == B.Value; }

private:
	FString Value;
};
class FText {
public:
	static FText FromString(const FString& Text) { FText Made; Made.Value = Text; return Made; }
	const FString& ToString() const { return Value; }

private:
	FString Value;
};

// Core/Templates/TSharedPtr, TSharedRef, MakeShared: those of one thread here are those of all
enum class ESPMode { NotThreadSafe, ThreadSafe };
template <class T, ESPMode Mode = ESPMode::ThreadSafe> class TSharedRef;
template <class T, ESPMode Mode = ESPMode::ThreadSafe> class TSharedPtr {
public:
	TSharedPtr() = default;
	TSharedPtr(std::nullptr_t) {}
	template <class U> TSharedPtr(const TSharedRef<U, Mode>& Other) : Value(Other.Value) {}
	template <class U> TSharedPtr(const TSharedPtr<U, Mode>& Other) : Value(Other.Value) {}
	bool IsValid() const { return Value != nullptr; }
	explicit operator bool() const { return IsValid(); }
	T* Get() const { return Value.get(); }
	T* operator->() const { return Value.get(); }
	T& operator*() const { return *Value; }
	void Reset() { Value.reset(); }
	TSharedRef<T, Mode> ToSharedRef() const { return TSharedRef<T, Mode>(Value); }
	friend bool operator==(const TSharedPtr& A, const TSharedPtr& B) { return A.Value == B.Value; }
	friend bool operator!=(const TSharedPtr& A, const TSharedPtr& B) { return A.Value != B.Value; }
	std::shared_ptr<T> Value;
};
template <class T, ESPMode Mode> class TSharedRef {
public:
	explicit TSharedRef(const std::shared_ptr<T>& From) : Value(From) {}
	template <class U> TSharedRef(const TSharedRef<U, Mode>& Other) : Value(Other.Value) {}
	T* operator->() const { return Value.get(); }
	T& operator*() const { return *Value; }
	T& Get() const { return *Value; }
	std::shared_ptr<T> Value;
};
template <class T, ESPMode Mode, class... Arguments> TSharedRef<T, Mode> MakeShared(Arguments&&... Given) {
	return TSharedRef<T, Mode>(std::make_shared<T>(std::forward<Arguments>(Given)...));
}
template <class T, class... Arguments> TSharedRef<T> MakeShared(Arguments&&... Given) {
	return TSharedRef<T>(std::make_shared<T>(std::forward<Arguments>(Given)...));
}
template <class T, ESPMode Mode = ESPMode::ThreadSafe> class TSharedFromThis : public std::enable_shared_from_this<T> {
public:
	TSharedRef<T, Mode> AsShared() { return TSharedRef<T, Mode>(this->shared_from_this()); }
};
// Core/Templates/TFunction
template <class F> using TFunction = std::function<F>;

#include "ShimMath.h"
#include "ShimObject.h"
#include "ShimDelegates.h"

// Core/Logging/UE_LOG
struct FShimLog {
	static inline int32 Warnings = 0;
	static inline std::vector<std::string> Lines;
	static void Say(const char* Category, const char* Verbosity, const FString& Text) {
		Lines.push_back(std::string(Category) + ": " + Verbosity + ": " + ShimNarrow(*Text));
		Warnings += std::string(Verbosity) == "Warning";
	}
};
#define DECLARE_LOG_CATEGORY_EXTERN(Name, Default, Compiled) extern const char* const Name
#define DEFINE_LOG_CATEGORY(Name) const char* const Name = #Name
#define UE_LOG(Category, Verbosity, ...) FShimLog::Say(Category, #Verbosity, FString::Printf(__VA_ARGS__))
