#include "Modules/ModuleManager.h"

#include "TalkwireLog.h"

DEFINE_LOG_CATEGORY(LogTalkwire);

IMPLEMENT_MODULE(FDefaultModuleImpl, Talkwire)
