// Files for the console programs and the tests.
#pragma once

#include <string>
#include <vector>

#include "Talkwire/Bytes.h"

namespace talkwire {

/// All of a file. False, and `why` as a sentence, when it cannot be read.
bool read_file(const std::string& path, Buffer& out, std::string& why);

/// The paths of a folder's files whose names end so, in order of their names.
bool list_folder(const std::string& folder, const std::string& ending, std::vector<std::string>& out,
                 std::string& why);

}  // namespace talkwire
