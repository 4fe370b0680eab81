// Core/Stats: DECLARE_STATS_GROUP, DECLARE_CYCLE_STAT, SCOPE_CYCLE_COUNTER
#pragma once
#define DECLARE_STATS_GROUP(Words, Group, Category) struct Group {}
#define DECLARE_CYCLE_STAT(Words, Stat, Group) struct Stat : Group {}
#define SCOPE_CYCLE_COUNTER(Stat) [[maybe_unused]] const Stat Shim##Stat {}
