// Steps on files, for launcher and child alike: 0 or the errno, and no allocation.
#pragma once

#include "supervisor/runtime/interpreter.h"

namespace berth::runtime {

int open_path(const StepContext& context, const handoff::Step& step) noexcept;
int make_dir(const StepContext& context, const handoff::Step& step) noexcept;
int make_path(const StepContext& context, const handoff::Step& step) noexcept;
int make_target(const StepContext& context, const handoff::Step& step) noexcept;
int write_file(const StepContext& context, const handoff::Step& step) noexcept;
int create_file(const StepContext& context, const handoff::Step& step) noexcept;
int make_symlink(const StepContext& context, const handoff::Step& step) noexcept;
int make_fifo(const StepContext& context, const handoff::Step& step) noexcept;
int make_node(const StepContext& context, const handoff::Step& step) noexcept;
int remove_dir(const StepContext& context, const handoff::Step& step) noexcept;
int cgroup_join(const StepContext& context, const handoff::Step& step) noexcept;
int duplicate(const handoff::Step& step) noexcept;

// Opens an existing file of a pseudo file system and gives it `content` in one write.
int write_whole(int directory, const char* path, std::string_view content) noexcept;

}  // namespace berth::runtime
