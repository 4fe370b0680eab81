// CoreUObject/UObject: UObject, UClass, NewObject, TObjectPtr, TWeakObjectPtr, TSubclassOf, GetDefault. No collector: the test
// deletes what it made.
#pragma once

class UClass;
enum EObjectFlags { RF_NoFlags = 0, RF_Transient = 1 };
class FObjectInitializer {};
class UObject {
public:
	UObject() = default;
	explicit UObject(const FObjectInitializer&) {}
	virtual ~UObject() = default;
	static UClass* StaticClass();
	virtual bool IsA(const UClass* Class) const { return Class == StaticClass(); }
	virtual class UWorld* GetWorld() const { return nullptr; }
	UObject* GetOuter() const { return ShimOuter; }
	uint32 GetUniqueID() const { return uint32(reinterpret_cast<std::uintptr_t>(this)); }
	FString GetName() const { return ShimName; }
	FName GetFName() const { return FName(ShimName); }

	virtual void ShimOwn(UObject*) {}
	FString ShimName = TEXT("Object");
	UObject* ShimOuter = nullptr;
	const std::shared_ptr<UObject*> ShimSelf = std::make_shared<UObject*>(this);
};
class UClass : public UObject {};
inline UClass* UObject::StaticClass() {
	static UClass Class;
	return &Class;
}
/// Of a class that the test's headers do not describe: those of the shims.
#define SHIM_CLASS(Name, Base)                                                                           \
public:                                                                                                  \
	using Super = Base;                                                                                  \
	using ThisClass = Name;                                                                              \
	static UClass* StaticClass() { static UClass Class; return &Class; }                                 \
	virtual bool IsA(const UClass* Class) const override { return Class == StaticClass() || Super::IsA(Class); }

inline std::vector<std::unique_ptr<UObject>>& ShimObjects() {
	static std::vector<std::unique_ptr<UObject>> Objects;
	return Objects;
}
template <class T> T* ShimMake(UObject* Outer) {
	std::unique_ptr<T> Made;
	if constexpr (std::is_constructible_v<T, const FObjectInitializer&>) { Made = std::make_unique<T>(FObjectInitializer()); }
	else { Made = std::make_unique<T>(); }
	T* One = Made.get();
	One->ShimOuter = Outer;
	ShimObjects().push_back(std::move(Made));
	return One;
}
inline void ShimDelete(const UObject* Object) {
	auto& All = ShimObjects();
	const auto At = std::find_if(All.begin(), All.end(), [=](const auto& One) { return One.get() == Object; });
	if (At != All.end()) {
		std::unique_ptr<UObject> Gone = std::move(*At);
		All.erase(At);
	}
}
template <class T> T* NewObject(UObject* Outer = nullptr, FName = NAME_None, EObjectFlags = RF_NoFlags) {
	T* Made = ShimMake<T>(Outer);
	if (Outer != nullptr) { Outer->ShimOwn(Made); }
	return Made;
}
inline bool IsValid(const UObject* Object) { return Object != nullptr; }
template <class T> T* Cast(UObject* Object) { return Object != nullptr && Object->IsA(T::StaticClass()) ? static_cast<T*>(Object) : nullptr; }
template <class T> T* GetMutableDefault() {
	static T One;
	return &One;
}
template <class T> const T* GetDefault() { return GetMutableDefault<T>(); }

template <class T> class TObjectPtr {
public:
	TObjectPtr(T* Object = nullptr) : Value(Object) {}
	T* Get() const { return Value; }
	operator T*() const { return Value; }
	T* operator->() const { return Value; }

private:
	T* Value;
};
template <class T> class TWeakObjectPtr {
public:
	TWeakObjectPtr(T* Object = nullptr) { if (Object != nullptr) { Self = Object->ShimSelf; } }
	T* Get() const {
		const auto Held = Self.lock();
		return Held != nullptr ? static_cast<T*>(*Held) : nullptr;
	}
	bool IsValid() const { return Get() != nullptr; }

private:
	std::weak_ptr<UObject*> Self;
};
template <class T> class TSubclassOf {
public:
	TSubclassOf(UClass* Class = nullptr) : Value(Class) {}
	UClass* Get() const { return Value; }

private:
	UClass* Value;
};
