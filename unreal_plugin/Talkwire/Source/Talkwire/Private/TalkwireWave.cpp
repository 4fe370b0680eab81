#include "TalkwireWave.h"

#include "AudioDecompress.h"
#include "Sound/SoundWave.h"

FTalkwireWave::~FTalkwireWave()
{
	delete Decoder;
}

TSharedPtr<FTalkwireWave> FTalkwireWave::Read(USoundWave& Sound, FString& Why)
{
	const TSharedPtr<FTalkwireWave> Wave = MakeShared<FTalkwireWave>();
#if WITH_EDITOR
	uint16 Channels = 0;
	if (Sound.GetImportedSoundWaveData(Wave->Bytes, Wave->RateHz, Channels) && Channels > 0)
	{
		Wave->Channels = Channels;
		return Wave;
	}
#endif
	const FName Format = Sound.GetRuntimeFormat();
	Sound.InitAudioResource(Format);
	FSoundQualityInfo Quality = {};
	const uint8* Data = Sound.GetResourceData();
	const int32 Size = int32(Sound.GetResourceSize());
	if (Data == nullptr || Size <= 0)
	{
		Why = FString::Printf(TEXT("%s is streamed; its Loading Behavior has to be Force Inline"), *Sound.GetName());
		return nullptr;
	}
	Wave->Bytes.Append(Data, Size);
	Wave->Decoder = IAudioInfoFactoryRegistry::Get().Create(Format);
	if (Wave->Decoder == nullptr || !Wave->Decoder->ReadCompressedInfo(Wave->Bytes.GetData(), uint32(Size), &Quality) ||
		Quality.NumChannels == 0)
	{
		Why = FString::Printf(TEXT("%s cannot be read"), *Sound.GetName());
		return nullptr;
	}
	Wave->RateHz = Quality.SampleRate;
	Wave->Channels = Quality.NumChannels;
	Wave->PcmBytes = Quality.SampleDataSize;
	return Wave;
}

void FTalkwireWave::Decode()
{
	if (Decoder == nullptr)
	{
		Mix(reinterpret_cast<const int16*>(Bytes.GetData()), std::size_t(Bytes.Num()) / sizeof(int16));
		return;
	}
	std::vector<int16> Pcm(PcmBytes / sizeof(int16));
	FSoundQualityInfo Quality = {};
	Quality.SampleRate = RateHz;
	Quality.NumChannels = Channels;
	Quality.SampleDataSize = PcmBytes;
	Decoder->ExpandFile(reinterpret_cast<uint8*>(Pcm.data()), &Quality);
	Mix(Pcm.data(), Pcm.size());
}

void FTalkwireWave::Mix(const int16* Interleaved, std::size_t Count)
{
	Samples.resize(Count / Channels);
	for (std::size_t i = 0; i < Samples.size(); ++i)
	{
		int32 Sum = 0;
		for (std::size_t j = 0; j < Channels; ++j)
		{
			Sum += Interleaved[i * Channels + j];
		}
		Samples[i] = int16(Sum / int32(Channels));
	}
}
