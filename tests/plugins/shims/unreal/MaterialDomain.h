// Engine/EMaterialDomain
#pragma once
enum EMaterialDomain { MD_Surface };
