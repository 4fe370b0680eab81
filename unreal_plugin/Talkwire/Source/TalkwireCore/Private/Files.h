// What the core knows of the system's files. Paths are UTF-8.
#pragma once

#include <cstdio>
#include <string>

namespace talkwire {

/// Null where it cannot be; `errno` says why.
std::FILE* open_file(const std::string& path, bool for_writing);
/// A pipe or a device, which would wait for somebody.
bool is_waiting_place(const std::string& path);
/// Whether others than its owner may; false where the system does not say.
bool others_can_read(std::FILE* file);
bool sync(std::FILE* file);
void remove_file(const std::string& path);
bool rename_file(const std::string& from, const std::string& to);
/// An `errno`, in words.
std::string why(int error);

}  // namespace talkwire
