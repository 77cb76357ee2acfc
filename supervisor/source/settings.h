// [source] of berthd.toml, and the files of keys that it needs, read and checked as berthd reads
// definitions: whoever can write them decides what runs here.
//
// | file                          | what                                        | without it    |
// |-------------------------------|---------------------------------------------|---------------|
// | source.keys, or the default:  |                                             | no sync       |
// | /etc/berth/allowed_signers    | "ssh-signatures": see ssh-keygen(1)         |               |
// | /etc/berth/keyring.gpg        | "gpg": what `gpg --export` writes           |               |
// | /etc/berth/source/ssh_key     | ssh: the key to log in with                 | no login      |
// | /etc/berth/source/known_hosts | ssh: the host's key                         | no connection |
// | /etc/berth/source/credentials | https: see git-credential-store(1)          | none          |
#pragma once

#include <optional>
#include <string>

#include "supervisor/base/result.h"
#include "supervisor/model/paths.h"
#include "supervisor/model/spec.h"
#include "supervisor/source/failure.h"
#include "supervisor/source/git_session.h"

namespace berth::source {

// berthd.toml as it is now, with its drop-ins. An error: it has mistakes, or others than root can
// write it.
Result<HostSpec> read_host(const Paths& paths);

// The content of the keys; "" when nothing is verified.
Outcome<std::string> read_keys(const Paths& paths, const SourceSpec& source);

// All that the source's settings say; without ids, work directory, deadline and bounds.
Outcome<SessionSettings> read_settings(const Paths& paths, const SourceSpec& source,
                                       std::string keys);

}  // namespace berth::source
