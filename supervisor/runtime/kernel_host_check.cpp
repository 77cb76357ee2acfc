// KernelHost: whether what a definition needs of the host is there.
#include "supervisor/model/references.h"
#include "supervisor/runtime/compile_check.h"
#include "supervisor/runtime/compile_launch.h"
#include "supervisor/runtime/kernel_host.h"

namespace berth::runtime {

// What the host cannot give at all is found by compiling the launch, without carrying it out.
void KernelHost::carry_out(const Action& action, const action::Check& deed) {
  const ContainerSpec& spec = *deed.spec;
  const Sandbox sandbox{.has_netns = spec.network != NetworkMode::host};
  const auto launch = compile_launch(spec, sandbox, facts_, paths_, filters_, 0);
  if (!launch) return fail(action, launch.error());
  if (auto checked = check_ports(spec); !checked) return fail(action, checked.error());
  if (!refers_to_files(spec)) return check_host(action, deed);
  // What the files say has to make sense, too, before anything is stopped for it.
  const auto start = std::make_shared<Start>();
  start->spec = deed.spec;
  files_.read(file_references(spec), BootClock::now(),
              [this, action, deed, start](const std::vector<FoundFile>& found) {
                if (auto taken = take_files(*start, found); !taken) {
                  return fail(action, taken.error());
                }
                check_host(action, deed);
              });
}

void KernelHost::check_host(const Action& action, const action::Check& deed) {
  run(action, compile_check(*deed.spec), kLaunchDeadline,
      event::Checked{action.subject, deed.spec});
}

}  // namespace berth::runtime
