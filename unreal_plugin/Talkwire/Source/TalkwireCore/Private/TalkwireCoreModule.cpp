// What makes a module of the core: Unreal's editor loads no library without it. Elsewhere this file is empty.
#ifdef UBT_COMPILED_PLATFORM  // Unreal Build Tool says it

#include "Modules/ModuleManager.h"

IMPLEMENT_MODULE(FDefaultModuleImpl, TalkwireCore)

#endif
