// TALKWIRECORE_API stands before every public class and free function: Unreal's editor builds each module as
// a library of its own, whose names are hidden unless they are exported. Elsewhere it is empty.
//
// Names that Unreal has as macros (check, verify, ensure, TEXT, PI) are nowhere used in the core.
#pragma once

#ifndef TALKWIRECORE_API
#define TALKWIRECORE_API
#endif
