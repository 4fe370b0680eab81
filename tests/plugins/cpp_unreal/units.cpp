// What needs no server: axes, curves, the sound's clock, detail, lines, the automation tests.
#include <cstring>
#include <memory>

#include "../cpp/check.h"
#include "Loop.h"
#include "Misc/AutomationTest.h"
#include "Talkwire/Player.h"
#include "TalkwireCurves.h"
#include "TalkwireDetail.h"
#include "TalkwireLines.h"
#include "TalkwireServer.h"
#include "TalkwireSound.h"
#include "TalkwireStyle.h"
#include "TalkwireText.h"
#include "TalkwireTexture.h"

namespace
{

constexpr std::int64_t MS = 1'000'000;

using EHeard = talkwire::Happening::Kind;
using talkwire::SpeechState;

/// What is said, what the server says of it and the player has heard, and what is told of that.
struct FScript
{
	FTalkwireLines Lines;
	static constexpr int64 StartNs = 1'000 * MS;
	int64 NowNs = StartNs;

	FScript& Line(uint32 Say, SpeechState State, uint32 Utterance)
	{
		talkwire::Notice Made(talkwire::Notice::Kind::line);
		Made.say = Say;
		Made.state = State;
		Made.utterance = Utterance;
		if (State == SpeechState::refused)
		{
			talkwire::refuse(Made.problem, talkwire::Problem::Kind::server, "no", "a", "b", "c");
		}
		Lines.Hear(Made, NowNs);
		return *this;
	}
	FScript& Welcome(bool bRestarted)
	{
		talkwire::Notice Made(talkwire::Notice::Kind::welcome);
		Made.restarted = bRestarted;
		Lines.Hear(Made, NowNs);
		return *this;
	}
	FScript& Heard(EHeard Kind, uint32 Utterance, uint32 Generation = 1)
	{
		Lines.Hear(talkwire::Happening{Kind, Utterance, Generation, 0.0, NowNs});
		Newest = Generation;
		return *this;
	}
	FScript& Told(int64 NowMs, const std::string& Wanted)
	{
		static constexpr const char* Words[] = {"started ", "ended ", "interrupted ", "lost "};
		NowNs = StartNs + NowMs * MS;
		Lines.Reached(Newest);
		std::string Seen;
		for (FTalkwireTold One; Lines.Tell(NowNs, One);)
		{
			const bool bLost = One.Kind == FTalkwireTold::EKind::Lost;
			Seen += Words[int(One.Kind)] + std::to_string(One.Line) + (bLost ? ": " + ShimNarrow(*One.Why) : "") + ", ";
		}
		if (Seen != Wanted)
		{
			checks::fail(__FILE__, __LINE__, "at " + std::to_string(NowMs) + " ms: " + Seen + "in place of " + Wanted);
		}
		return *this;
	}

private:
	uint32 Newest = 0;
};

} // namespace

TEST(the_head_looks_along_the_actors_x)
{
	const FVector Seen = FTransform(FRotator(0.0, -90.0, 0.0)).TransformPosition(FVector(0, 1, 0));
	CHECK(FVector::Dist(Seen, FVector(1, 0, 0)) < 1e-9);
}

TEST(curves_are_named_and_angles_are_right_handed)
{
	CHECK_EQ(CurveNames().Num(), 61);
	talkwire::Face Face;
	Face.weights[3] = 1; // eyeLookOutLeft
	Face.weights[8] = 1; // eyeLookDownRight
	const float Half = 0.5f * 0.3f; // of a turn about +Y, to the face's own left
	Face.head_rotation[1] = std::sin(Half);
	Face.head_rotation[3] = std::cos(Half);
	TArray<float> Values;
	CurvesOf(Face, Values);
	CHECK_EQ(Values.Num(), 61);
	CHECK_NEAR(Values[52], 0.3, 1e-5);
	CHECK_NEAR(Values[53], 0, 1e-6);
	CHECK_NEAR(Values[55], 0.604, 1e-5);
	CHECK_NEAR(Values[59], 0.6109, 1e-3);
	for (int32 i = 0; i < 61; ++i)
	{
		std::printf("curve %s\n", ShimNarrow(*CurveNames()[i].ToString()).c_str());
	}
}

TEST(blocks_that_come_in_bursts_are_heard_in_a_row)
{
	FTalkwireSound Sound;
	talkwire::Sink& Sink = Sound.Sink();
	const std::vector<std::int16_t> Second(48'000, 1'000);
	Sink.start(48'000, 0);
	Sink.write(Second.data(), Second.size());
	std::vector<float> Block(480); // 10 ms
	std::int64_t Last = 0;
	for (std::int64_t Now = 1'000 * MS; Now < 1'600 * MS; Now += 30 * MS)
	{
		for (int i = 0; i < 3; ++i)
		{
			Sound.Pull(Block.data(), 480, Now, 50 * MS);
		}
		Sound.Drain(Now); // leaves it to the audio thread
		const std::int64_t Heard = Sink.heard(Now + 29 * MS);
		CHECK(Heard >= Last);
		CHECK_NEAR(Heard, std::max(0.0, 48.0 * double(Now + 29 * MS - 1'050 * MS) / MS), 48.0 * 30);
		Last = Heard;
	}
}

TEST(where_nobody_pulls_the_ticks_do)
{
	FTalkwireSound Sound;
	talkwire::Sink& Sink = Sound.Sink();
	const std::vector<std::int16_t> Second(48'000, 1'000);
	Sink.start(48'000, 0);
	Sink.write(Second.data(), Second.size());
	std::int64_t Now = 1'000 * MS;
	for (int i = 0; i <= 30; ++i, Now += 16 * MS)
	{
		Sound.Drain(Now);
	}
	CHECK_NEAR(Sink.heard(Now - 16 * MS), 48.0 * 480, 96);
}

TEST(detail_does_not_flicker_at_its_borders)
{
	const UTalkwireSettings& Settings = *GetDefault<UTalkwireSettings>();
	CHECK_EQ(DetailAt(1.0, 0, Settings), 0);
	CHECK_EQ(DetailAt(5.2, 0, Settings), 0);
	CHECK_EQ(DetailAt(5.6, 0, Settings), 1);
	CHECK_EQ(DetailAt(4.8, 1, Settings), 1);
	CHECK_EQ(DetailAt(4.4, 1, Settings), 0);
	CHECK_EQ(DetailAt(100.0, 0, Settings), 2);
	CHECK(ReadingOf(0, true, true).suggested);
	CHECK(ReadingOf(1, true, true).frames == talkwire::Plane::frame_basis);
	CHECK(!ReadingOf(2, true, true).frames && !ReadingOf(2, true, true).patches && ReadingOf(2, true, true).sound);
	CHECK(ReadingOf(0, false, false).frames == talkwire::Plane::frame_arkit && !ReadingOf(0, false, false).mesh);
	CHECK(ReadingOf(0, false, true).mesh && ReadingOf(0, false, true).patches);
	CHECK(ReadingOf(0, true, true).pictures == talkwire::ImageFormat::bc1);
	CHECK(ReadingOf(0, true, true, true).pictures == talkwire::ImageFormat::rgb);
}

TEST(lines_are_told_by_their_utterances)
{
	FScript Script;
	Script.Lines.Said(1);
	Script.Lines.Said(2);
	Script.Lines.Said(3);
	Script.Heard(EHeard::started, 4).Told(300, "started 0, "); // somebody else's: none of ours was begun
	Script.Line(1, SpeechState::speaking, 5).Heard(EHeard::ended, 4).Heard(EHeard::started, 5).Told(300, "ended 0, started 1, ");
	Script.Line(1, SpeechState::done, 5).Line(2, SpeechState::refused, 0).Told(301, "lost 2: no: saw a, wanted b; c, ");
	Script.Line(3, SpeechState::speaking, 6).Line(9, SpeechState::done, 7); // nobody's
	Script.Heard(EHeard::ended, 5).Heard(EHeard::started, 6).Heard(EHeard::ended, 6).Told(302, "ended 1, started 3, ended 3, ");
	Script.Line(3, SpeechState::done, 6).Told(20'000, "");
}

TEST(a_line_that_is_interrupted_and_the_next_that_begins_in_the_same_tick)
{
	FScript Script;
	for (int32 i = 1; i <= 4; ++i)
	{
		Script.Lines.Said(i);
	}
	Script.Line(1, SpeechState::speaking, 5).Heard(EHeard::started, 5).Told(0, "started 1, ");
	for (int32 i = 1; i <= 3; ++i)
	{
		Script.Line(i, SpeechState::interrupted, i == 1 ? 5 : 0); // by Interrupt, at once; 2 was begun, which nobody knows yet
	}
	Script.Heard(EHeard::interrupted, 5).Heard(EHeard::started, 6).Heard(EHeard::interrupted, 6).Told(10, "interrupted 1, ");
	Script.Line(2, SpeechState::interrupted, 6).Line(4, SpeechState::speaking, 7).Heard(EHeard::started, 7, 2);
	Script.Told(20, "started 2, interrupted 2, started 4, ");
	Script.Told(499, "").Told(510, "lost 3: it was cut before it began, ");
	Script.Heard(EHeard::ended, 7, 2).Told(600, "ended 4, ").Told(20'000, "");
}

TEST(the_servers_word_may_come_later_than_the_sound)
{
	FScript Script;
	Script.Lines.Said(1);
	Script.Heard(EHeard::started, 5).Told(100, "");
	Script.Line(1, SpeechState::speaking, 5).Told(120, "started 1, ").Heard(EHeard::ended, 5).Told(130, "ended 1, ");
	Script.Lines.Said(2);
	Script.Heard(EHeard::started, 6).Heard(EHeard::ended, 6).Told(300, "").Told(380, "started 0, ended 0, ");
}

TEST(a_line_that_a_lost_server_cut_is_one_with_its_rest)
{
	FScript Script;
	Script.Lines.Said(1);
	Script.Lines.Said(2);
	Script.Line(1, SpeechState::speaking, 3).Heard(EHeard::started, 3).Told(0, "started 1, ");
	Script.Welcome(true).Heard(EHeard::interrupted, 3).Told(10, ""); // another server goes on with it
	Script.Line(1, SpeechState::speaking, 2).Heard(EHeard::started, 2, 8).Told(400, "");
	Script.Line(1, SpeechState::done, 2).Line(2, SpeechState::speaking, 3); // a number that the other one had, too
	Script.Heard(EHeard::ended, 2, 8).Heard(EHeard::started, 3, 8).Told(900, "ended 1, started 2, ");
	Script.Welcome(false).Heard(EHeard::ended, 3, 8).Told(1'000, ""); // the same server had forgotten us
	Script.Line(2, SpeechState::queued, 0).Told(1'100, "");
	Script.Line(2, SpeechState::speaking, 4).Heard(EHeard::started, 4, 8).Heard(EHeard::ended, 4, 8).Told(1'200, "ended 2, ");
}

TEST(a_line_whose_rest_does_not_come)
{
	FScript Script;
	for (int32 i = 1; i <= 3; ++i)
	{
		Script.Lines.Said(i);
	}
	Script.Line(1, SpeechState::speaking, 1).Heard(EHeard::started, 1).Told(0, "started 1, ");
	Script.Welcome(true).Heard(EHeard::interrupted, 1).Told(10, "");
	Script.Line(1, SpeechState::interrupted, 0).Told(20, "interrupted 1, ");
	Script.Line(2, SpeechState::speaking, 2).Heard(EHeard::started, 2, 2).Told(30, "started 2, ");
	Script.Welcome(false).Heard(EHeard::ended, 2, 2).Told(40, "");
	Script.Line(2, SpeechState::done, 0).Told(50, "ended 2, "); // the server had had all of it
	Script.Line(3, SpeechState::done, 3).Told(10'000, "").Told(10'060, "lost 3: nothing of it was heard, ");
}

TEST(a_texture_that_is_none_is_refused)
{
	talkwire::Image Image{talkwire::Texture()};
	Image.format = talkwire::ImageFormat::png;
	CHECK(FTalkwireTexture::Make(Image) == nullptr);
	Image.format = talkwire::ImageFormat::bc1;
	Image.width_px = Image.height_px = 6;
	CHECK(FTalkwireTexture::Make(Image) == nullptr);
	Image.width_px = Image.height_px = 8;
	Image.bytes.assign(32, 7);
	UTexture2D* Texture = FTalkwireTexture::Make(Image);
	CHECK(Texture != nullptr && Texture->SRGB && Texture->NeverStream);
	CHECK_EQ(Texture->GetPlatformData()->Mips[0].BulkData.Bytes[31], 7);
}

TEST(patches_are_put_where_they_belong_and_wait_for_the_card)
{
	talkwire::Image Image{talkwire::Texture()};
	Image.format = talkwire::ImageFormat::bc1;
	Image.width_px = Image.height_px = 16;
	Image.bytes.assign(128, 1);
	UTexture2D* Texture = FTalkwireTexture::Make(Image);
	const std::vector<uint8>& Pixels = Texture->GetPlatformData()->Mips[0].BulkData.Bytes;
	const talkwire::Pool Pool;
	const std::vector<uint8> Blocks(16, 9); // 8 x 4 pixels
	FTalkwireTexture Patches;
	for (int i = 0; i < 6; ++i) // more than there is room for
	{
		const talkwire::Held<talkwire::PatchImages> Patch = talkwire::Held<talkwire::PatchImages>::in(Pool);
		Patch.make().patches.add({8, 4, 8, 4, talkwire::ImageFormat::bc1, {Blocks.data(), Blocks.size()}});
		Patch.make().patches.add({2, 0, 4, 4, talkwire::ImageFormat::bc1, {Blocks.data(), 8}}); // not at a block
		Patch.make().patches.add({12, 12, 8, 4, talkwire::ImageFormat::bc1, {Blocks.data(), Blocks.size()}}); // beyond it
		Patches.Show(Patch, *Texture);
		Patches.Show(Patch, *Texture); // again: nothing to do
	}
	CHECK_EQ(UTexture2D::ShimRender.size(), 4u);
	for (const auto& Work : std::exchange(UTexture2D::ShimRender, {}))
	{
		Work();
	}
	for (std::size_t i = 0; i < Pixels.size(); ++i)
	{
		CHECK_EQ(int(Pixels[i]), i >= 48 && i < 64 ? 9 : 1); // second row of blocks, its second half
	}
}

TEST(changes_without_loss_are_put_into_a_picture)
{
	talkwire::Image Image{talkwire::Texture()};
	Image.format = talkwire::ImageFormat::jpeg;
	Image.bytes = {'P', 3, 2};
	CHECK(FTalkwireTexture::Make(Image) == nullptr);
	Image.bytes.resize(3 + 18, 5);
	UTexture2D* Texture = FTalkwireTexture::Make(Image);
	CHECK(Texture != nullptr && Texture->SRGB && Texture->NeverStream);
	CHECK_EQ(Texture->GetSizeX(), 3);
	const std::vector<uint8>& Pixels = Texture->GetPlatformData()->Mips[0].BulkData.Bytes;
	CHECK(Pixels.size() == 24 && Pixels[0] == 5 && Pixels[3] == 255);
	const talkwire::Pool Pool;
	const std::vector<uint8> Rgb = {1, 2, 3, 11, 12, 13}, Blocks(8, 9);
	FTalkwireTexture Patches;
	const talkwire::Held<talkwire::PatchImages> Patch = talkwire::Held<talkwire::PatchImages>::in(Pool);
	Patch.make().patches.add({1, 0, 1, 2, talkwire::ImageFormat::rgb, {Rgb.data(), 6}}); // a column
	Patch.make().patches.add({2, 0, 2, 1, talkwire::ImageFormat::rgb, {Rgb.data(), 6}}); // beyond it
	Patch.make().patches.add({0, 0, 3, 2, talkwire::ImageFormat::bc1, {Blocks.data(), 8}}); // of another texture
	Patch.make().patches.add({2, 1, 1, 1, talkwire::ImageFormat::rgb, {Rgb.data() + 3, 3}});
	Patches.Show(Patch, *Texture);
	CHECK_EQ(UTexture2D::ShimRender.size(), 2u);
	for (const auto& Work : std::exchange(UTexture2D::ShimRender, {}))
	{
		Work();
	}
	const uint8 Wanted[24] = {5, 5, 5, 255, 3, 2, 1, 255, 5, 5, 5, 255, 5, 5, 5, 255, 13, 12, 11, 255, 13, 12, 11, 255};
	for (std::size_t i = 0; i < 24; ++i)
	{
		CHECK_EQ(int(Pixels[i]), int(Wanted[i]));
	}
}

TEST(a_style_is_within_its_limits)
{
	FTalkwireStyle Style;
	Style.SetEmotion(TEXT("joy"), 7.0f);
	Style.SetLayer(TEXT("nods"), NAN);
	Style.SetStrength(NAN, 0.0f);
	Style.SetStrength(99.0f, -1.0f);
	Style.LookAt(FTransform(), FVector(), FVector(NAN, 0, 0));
	Style.LookAt(FTransform(), FVector(), FVector(0, -9, 1e9)); // behind it
	talkwire::Client Client("tcp://127.0.0.1:9");
	talkwire::Problem Problem;
	talkwire::Npc Npc = Client.open("nova", "", {}, Problem);
	CHECK(Style.Send(Npc, Problem));
}

TEST(eyes_turn_to_where_they_are_told)
{
	const FTransform Actor(FRotator(0.0, 180.0, 0.0), FVector(1000, 0, 0)); // it looks along the world's -X
	const FTransform Head = FTransform(FRotator(0.0, -90.0, 0.0)) * Actor;
	const FVector Eyes(0, 5, 10);
	FTalkwireStyle Style;
	Style.LookAt(Head, Eyes, FVector(0, 0, 10));
	CHECK_NEAR(Style.GetYawDeg(), 0, 1e-9);
	CHECK_NEAR(Style.GetPitchDeg(), 0, 1e-9);
	Style.LookAt(Head, Eyes, FVector(995 - 100, 100, 10)); // its left is the world's +Y then
	CHECK_NEAR(Style.GetYawDeg(), 45, 1e-6);
	Style.LookAt(Head, Eyes, FVector(995 - 100, 0, 110));
	CHECK_NEAR(Style.GetYawDeg(), 0, 1e-6);
	CHECK_NEAR(Style.GetPitchDeg(), 45, 1e-6);
	Style.LookAt(Head, Eyes, FVector(2000, 500, 10)); // behind it
	CHECK_NEAR(Style.GetYawDeg(), 90, 1e-6);
}

TEST(a_server_that_keys_cannot_reach_is_refused_in_words)
{
	UTalkwireSettings* const Settings = ShimMake<UTalkwireSettings>(nullptr);
	Settings->Key = TEXT("keys/engine.key"); // and no ServerKey
	FTalkwireServer Server(TEXT("tcp://127.0.0.1:9"), *Settings);
	CHECK(Server.State == ETalkwireState::Refused);
	const std::string Why = ToCore(Server.Why);
	CHECK(Why.find("saw Key alone") != std::string::npos || Why.find("a build with libzmq") != std::string::npos);
}

TEST(the_plugins_own_automation_tests_pass)
{
	const FLoop Loop("tcp://127.0.0.1:9");
	CHECK_EQ(FAutomationTestBase::ShimAll.size(), 2u);
	for (FAutomationTestBase* One : FAutomationTestBase::ShimAll)
	{
		CHECK(One->RunTest(FString()) && One->bShimRight);
	}
}
