#include "TalkwireLiveLinkFactory.h"

#include "TalkwireLiveLinkSource.h"

FText UTalkwireLiveLinkFactory::GetSourceDisplayName() const
{
	return FText::FromString(TEXT("talkwire"));
}

FText UTalkwireLiveLinkFactory::GetSourceTooltip() const
{
	return FText::FromString(TEXT("The face of an NPC of a talkwire server: ARKit's 52 shapes, head and eyes"));
}

TSharedPtr<ILiveLinkSource> UTalkwireLiveLinkFactory::CreateSource(const FString& ConnectionString) const
{
	return MakeShared<FTalkwireLiveLinkSource>(ConnectionString);
}
