// Core/Delegates: multicast, dynamic multicast, and the ticker's.
#pragma once

struct FDelegateHandle { int32 Id = 0; };
template <class... Types> class TShimMulticast {
public:
	template <class F> FDelegateHandle AddLambda(F Function) {
		Bound.push_back({++Last, Function});
		return {Last};
	}
	template <class T, class C> FDelegateHandle AddUObject(T* Object, void (C::*Function)(Types...)) {
		return AddLambda([=](Types... Values) { (Object->*Function)(Values...); });
	}
	void Remove(FDelegateHandle Handle) {
		Bound.erase(std::remove_if(Bound.begin(), Bound.end(), [=](const auto& One) { return One.first == Handle.Id; }), Bound.end());
	}
	void Broadcast(Types... Values) const {
		const auto All = Bound; // who is told may bind and unbind
		for (const auto& One : All) { One.second(Values...); }
	}
	template <class T, class C> void AddDynamic(T* Object, void (C::*Function)(Types...)) { ShimDynamic.push_back({Object, AddUObject(Object, Function)}); }
	template <class T, class C> void RemoveDynamic(T* Object, void (C::*)(Types...)) {
		for (const auto& One : ShimDynamic) {
			if (One.first == static_cast<void*>(Object)) { Remove(One.second); }
		}
	}

private:
	int32 Last = 0;
	std::vector<std::pair<int32, std::function<void(Types...)>>> Bound;
	std::vector<std::pair<void*, FDelegateHandle>> ShimDynamic;
};
using FSimpleMulticastDelegate = TShimMulticast<>;
#define DECLARE_MULTICAST_DELEGATE_TwoParams(Name, A, B) using Name = TShimMulticast<A, B>
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE(Name) class Name : public TShimMulticast<> {}
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(Name, A, AName) class Name : public TShimMulticast<A> {}
struct FTickerDelegate {
	std::function<bool(float)> Function;
	template <class T> static FTickerDelegate CreateUObject(T* Object, bool (T::*Function)(float)) {
		return {[=](float Delta) { return (Object->*Function)(Delta); }};
	}
};
