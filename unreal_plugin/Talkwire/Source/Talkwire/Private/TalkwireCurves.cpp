#include "TalkwireCurves.h"

#include <algorithm>
#include <cmath>

namespace
{

const TCHAR* const Names[] = {
	TEXT("EyeBlinkLeft"), TEXT("EyeLookDownLeft"), TEXT("EyeLookInLeft"), TEXT("EyeLookOutLeft"), TEXT("EyeLookUpLeft"),
	TEXT("EyeSquintLeft"), TEXT("EyeWideLeft"), TEXT("EyeBlinkRight"), TEXT("EyeLookDownRight"), TEXT("EyeLookInRight"),
	TEXT("EyeLookOutRight"), TEXT("EyeLookUpRight"), TEXT("EyeSquintRight"), TEXT("EyeWideRight"), TEXT("JawForward"),
	TEXT("JawLeft"), TEXT("JawRight"), TEXT("JawOpen"), TEXT("MouthClose"), TEXT("MouthFunnel"), TEXT("MouthPucker"),
	TEXT("MouthLeft"), TEXT("MouthRight"), TEXT("MouthSmileLeft"), TEXT("MouthSmileRight"), TEXT("MouthFrownLeft"),
	TEXT("MouthFrownRight"), TEXT("MouthDimpleLeft"), TEXT("MouthDimpleRight"), TEXT("MouthStretchLeft"),
	TEXT("MouthStretchRight"), TEXT("MouthRollLower"), TEXT("MouthRollUpper"), TEXT("MouthShrugLower"),
	TEXT("MouthShrugUpper"), TEXT("MouthPressLeft"), TEXT("MouthPressRight"), TEXT("MouthLowerDownLeft"),
	TEXT("MouthLowerDownRight"), TEXT("MouthUpperUpLeft"), TEXT("MouthUpperUpRight"), TEXT("BrowDownLeft"),
	TEXT("BrowDownRight"), TEXT("BrowInnerUp"), TEXT("BrowOuterUpLeft"), TEXT("BrowOuterUpRight"), TEXT("CheekPuff"),
	TEXT("CheekSquintLeft"), TEXT("CheekSquintRight"), TEXT("NoseSneerLeft"), TEXT("NoseSneerRight"), TEXT("TongueOut"),
	TEXT("HeadYaw"), TEXT("HeadPitch"), TEXT("HeadRoll"), TEXT("LeftEyeYaw"), TEXT("LeftEyePitch"), TEXT("LeftEyeRoll"),
	TEXT("RightEyeYaw"), TEXT("RightEyePitch"), TEXT("RightEyeRoll"),
};

// What an eye does that looks fully: aside, down, up; as recordings of the app show it.
constexpr float AsideRad = 0.604f, DownRad = 0.610865f, UpRad = 0.436332f;
enum ELook // from the first shape of an eye on
{
	LookDown = 1,
	LookIn,
	LookOut,
	LookUp,
};
constexpr int32 LeftEye = 0, RightEye = 7;

/// Yaw, pitch, roll. Outward: 1 for the left eye, -1 for the right.
void AddEye(const float* Shapes, float Outward, TArray<float>& Values)
{
	const float Yaw = AsideRad * Outward * (Shapes[LookOut] - Shapes[LookIn]);
	const float Pitch = DownRad * Shapes[LookDown] - UpRad * Shapes[LookUp];
	Values.Add(Yaw);
	Values.Add(Pitch);
	Values.Add(Yaw * Pitch);
}

} // namespace

TArray<FName> CurveNames()
{
	TArray<FName> Made;
	for (const TCHAR* Name : Names)
	{
		Made.Add(FName(Name));
	}
	return Made;
}

void CurvesOf(const talkwire::Face& Face, TArray<float>& Values)
{
	Values.Append(Face.weights, int32(talkwire::ARKIT_SHAPES));
	const auto& [X, Y, Z, W] = Face.head_rotation;
	Values.Add(std::atan2(2 * (X * Z + Y * W), 1 - 2 * (X * X + Y * Y)));
	Values.Add(std::asin(std::clamp(2 * (X * W - Y * Z), -1.0f, 1.0f)));
	Values.Add(std::atan2(2 * (X * Y + Z * W), 1 - 2 * (X * X + Z * Z)));
	AddEye(Face.weights + LeftEye, 1.0f, Values);
	AddEye(Face.weights + RightEye, -1.0f, Values);
}
