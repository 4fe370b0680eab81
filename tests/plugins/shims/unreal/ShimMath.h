// Core/Math: FVector, FRotator, FTransform, FBox, FBoxSphereBounds, FMath, FColor. Left-handed, Z up, row vectors.
#pragma once

template <class T> struct TShimVector {
	T X = 0, Y = 0, Z = 0;
	TShimVector() = default;
	TShimVector(T x, T y, T z) : X(x), Y(y), Z(z) {}
	TShimVector operator+(const TShimVector& B) const { return {X + B.X, Y + B.Y, Z + B.Z}; }
	TShimVector operator-(const TShimVector& B) const { return {X - B.X, Y - B.Y, Z - B.Z}; }
	TShimVector operator*(T Scale) const { return {X * Scale, Y * Scale, Z * Scale}; }
	TShimVector operator^(const TShimVector& B) const { return {Y * B.Z - Z * B.Y, Z * B.X - X * B.Z, X * B.Y - Y * B.X}; }
	T operator|(const TShimVector& B) const { return X * B.X + Y * B.Y + Z * B.Z; }
	T Size() const { return std::sqrt(*this | *this); }
	static T Dist(const TShimVector& A, const TShimVector& B) { return (A - B).Size(); }
	static const TShimVector ZeroVector;
};
template <class T> inline const TShimVector<T> TShimVector<T>::ZeroVector{};
using FVector = TShimVector<double>;
using FVector3d = FVector;
using FVector3f = TShimVector<float>;
struct FVector2f {
	float X = 0, Y = 0;
	FVector2f() = default;
	FVector2f(float x, float y) : X(x), Y(y) {}
};
struct FMath {
	template <class T> static T Clamp(T Value, T Low, T High) { return Value < Low ? Low : Value > High ? High : Value; }
	template <class T> static T Max(T A, T B) { return A > B ? A : B; }
	static double Sqrt(double Value) { return std::sqrt(Value); }
	static double Atan2(double Y, double X) { return std::atan2(Y, X); }
	static double RadiansToDegrees(double Value) { return Value * 180.0 / 3.14159265358979323846; }
};
struct FRotator {
	double Pitch = 0, Yaw = 0, Roll = 0;
	FRotator() = default;
	FRotator(double InPitch, double InYaw, double InRoll) : Pitch(InPitch), Yaw(InYaw), Roll(InRoll) {}
};
struct FTransform {
	FVector X{1, 0, 0}, Y{0, 1, 0}, Z{0, 0, 1}, Origin; // where the axes go
	FTransform() = default;
	explicit FTransform(const FRotator& Turn, const FVector& At = FVector()) : Origin(At) {
		const double Degree = 3.14159265358979323846 / 180.0;
		const double SP = std::sin(Turn.Pitch * Degree), CP = std::cos(Turn.Pitch * Degree), SY = std::sin(Turn.Yaw * Degree),
					 CY = std::cos(Turn.Yaw * Degree), SR = std::sin(Turn.Roll * Degree), CR = std::cos(Turn.Roll * Degree);
		X = {CP * CY, CP * SY, SP};
		Y = {SR * SP * CY - CR * SY, SR * SP * SY + CR * CY, -SR * CP};
		Z = {-(CR * SP * CY + SR * SY), CY * SR - CR * SP * SY, CR * CP};
	}
	FVector TransformVectorNoScale(const FVector& V) const { return X * V.X + Y * V.Y + Z * V.Z; }
	FVector TransformPosition(const FVector& V) const { return TransformVectorNoScale(V) + Origin; }
	FVector InverseTransformVectorNoScale(const FVector& V) const { return {V | X, V | Y, V | Z}; }
	FTransform operator*(const FTransform& B) const {
		FTransform Made;
		Made.X = B.TransformVectorNoScale(X);
		Made.Y = B.TransformVectorNoScale(Y);
		Made.Z = B.TransformVectorNoScale(Z);
		Made.Origin = B.TransformPosition(Origin);
		return Made;
	}
};
enum EForceInit { ForceInit };
struct FBox {
	FVector Min, Max;
	uint8 IsValid = 0;
	explicit FBox(EForceInit) {}
	FBox(const FVector& Low, const FVector& High) : Min(Low), Max(High), IsValid(1) {}
	FVector GetCenter() const { return (Min + Max) * 0.5; }
};
struct FBoxSphereBounds {
	FVector Origin, BoxExtent;
	double SphereRadius = 0;
	FBoxSphereBounds() = default;
	explicit FBoxSphereBounds(const FBox& Box) : Origin(Box.GetCenter()), BoxExtent((Box.Max - Box.Min) * 0.5), SphereRadius(BoxExtent.Size()) {}
	FBoxSphereBounds TransformBy(const FTransform& To) const {
		FBoxSphereBounds Made(*this);
		const FVector E = BoxExtent;
		Made.Origin = To.TransformPosition(Origin);
		Made.BoxExtent = {std::fabs(To.X.X) * E.X + std::fabs(To.Y.X) * E.Y + std::fabs(To.Z.X) * E.Z,
			std::fabs(To.X.Y) * E.X + std::fabs(To.Y.Y) * E.Y + std::fabs(To.Z.Y) * E.Z,
			std::fabs(To.X.Z) * E.X + std::fabs(To.Y.Z) * E.Y + std::fabs(To.Z.Z) * E.Z};
		return Made;
	}
};
struct FColor { static inline const int White = 0; };
