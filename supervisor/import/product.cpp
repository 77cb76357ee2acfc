#include "supervisor/import/product.h"

#include "supervisor/import/words.h"

namespace berth::importing {

std::string Product::container_name(std::string_view wanted) const {
  const std::string name = definition_name(wanted);
  std::string unique = name;
  for (int number = 2; containers.contains(unique); ++number) {
    unique = name.substr(0, 60) + "-" + std::to_string(number);
  }
  return unique;
}

Draft& Product::network(const std::string& name) {
  const auto [found, fresh] = networks.try_emplace(name);
  if (fresh) {
    found->second.set("driver", "bridge");
    found->second.set("subnet", "10.89." + std::to_string(networks.size()) + ".0/24");
    found->second.comment("subnet", "chosen by berth import; any that is free will do");
    if (name.size() > 12) {
      found->second.set("bridge",
                        "br-" + name.substr(0, 8) + "-" + std::to_string(networks.size()));
    }
  }
  return found->second;
}

void Product::choose_subnet6(Draft& draft) {
  if (draft.has("subnet6")) return;
  draft.set("subnet6", "fd00:89:" + std::to_string(++subnets6_) + "::/64");
  draft.comment("subnet6", "chosen by berth import; any that is free will do");
}

std::string Product::add_file(const std::string& path, std::string content, bool secret) {
  files[path] = OutputFile{path, std::move(content), secret};
  return settings.etc + "/" + path;
}

void become_oneshot(Draft& draft) {
  draft.set("type", "oneshot");
  const std::string policy = draft.text_of("restart.policy");
  if (policy != "always" && policy != "unless-stopped") return;
  draft.set("restart.policy", "on-failure");
  draft.comment("restart.policy", "it was " + policy + ", with which a oneshot never completes");
}

void add_mount(Draft& draft, const std::string& type, const std::string& source,
               const std::string& target, bool read_only, const std::string& size) {
  TomlTable mount{{"type", type}};
  if (!source.empty()) mount.emplace_back("source", source);
  mount.emplace_back("target", target);
  if (read_only) mount.emplace_back("read_only", true);
  if (!size.empty()) mount.emplace_back("size", size);
  draft.append("mounts", std::move(mount));
}

}  // namespace berth::importing
