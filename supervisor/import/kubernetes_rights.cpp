// securityContext, of a pod and of its containers: what the container says wins.
#include "supervisor/import/kubernetes.h"
#include "supervisor/import/security.h"
#include "supervisor/import/take.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct Contexts {
  const Node* container;
  const Node* pod;
  // The container's, or else the pod's; both are looked after.
  [[nodiscard]] const Node* find(const char* key) const {
    const Node* const own = container == nullptr ? nullptr : container->find(key);
    const Node* const shared = pod == nullptr ? nullptr : pod->find(key);
    if (own != nullptr && shared != nullptr) shared->carry();
    return own != nullptr ? own : shared;
  }
};

void take_user(const Contexts& contexts, KubeContainer& container) {
  const Node* const user = contexts.find("runAsUser");
  const Node* const group = contexts.find("runAsGroup");
  std::string text = user == nullptr ? "" : user->take();
  if (group != nullptr) text = (text.empty() ? "0" : text) + ":" + group->take();
  if (!text.empty()) container.draft.set("user", text);
  const Node* const not_root = contexts.find("runAsNonRoot");
  if (not_root == nullptr) return;
  const bool root = text.empty() || text == "0" || text.starts_with("0:");
  if (root && boolean_of(not_root->text()) == true) {
    container.ledger().lost(*not_root, "whether the image's user is root is not asked",
                            "user, with a number");
  } else {
    not_root->take();
  }
}

void take_capabilities(const Contexts& contexts, KubeContainer& container) {
  const Node* const capabilities = contexts.find("capabilities");
  if (capabilities == nullptr) return;
  for (const char* list : {"add", "drop"}) {
    const Node* const names = capabilities->find(list);
    if (names == nullptr) continue;
    const std::string key = std::string("security.cap_") + list;
    for (const std::string& name : take_words(*names, container.ledger())) {
      container.draft.append(key, capability_name_of(name));
    }
  }
}

void take_seccomp(const Contexts& contexts, KubeContainer& container) {
  const Node* const profile = contexts.find("seccompProfile");
  if (profile == nullptr) return;
  const std::string type = profile->peek("type");
  if (type == "RuntimeDefault" || type == "Unconfined") {
    profile->take("type");
    container.draft.set("security.seccomp", type == "Unconfined" ? "unconfined" : "default");
  } else {
    container.ledger().lost(*profile, "the profile lies with the kubelet",
                            "security.seccomp, with the file's path");
  }
}

void take_sysctls(const Contexts& contexts, KubeContainer& container) {
  const Node* const sysctls = contexts.find("sysctls");
  if (sysctls == nullptr) return;
  for (const Node& sysctl : sysctls->children()) {
    container.draft.put("sysctls", sysctl.take("name"), sysctl.take("value"));
  }
}

constexpr struct {
  const char* key;
  const char* what;
  const char* instead;
} kLost[] = {
    {"fsGroup", "volumes keep their owner", "chown them on the host"},
    {"fsGroupChangePolicy", "volumes keep their owner", "chown them on the host"},
    {"supplementalGroups", "a program has the groups of its user alone", "user = \"uid:gid\""},
    {"supplementalGroupsPolicy", "a program has the groups of its user alone",
     "user = \"uid:gid\""},
    {"seLinuxOptions", "there are no labels of a security module", "leave it out"},
    {"appArmorProfile", "there are no profiles of a security module", "leave it out"},
    {"windowsOptions", "it is a setting of Windows", "leave it out"},
    {"procMount", "the default paths are masked", "security.masked_paths"},
};

}  // namespace

void take_kube_rights(KubeContainer& container) {
  const Contexts contexts{container.node.find("securityContext"),
                          container.pod.spec->find("securityContext")};
  for (const Node* context : {contexts.container, contexts.pod}) {
    if (context != nullptr && context->is_leaf()) context->carry();
  }
  take_user(contexts, container);
  take_capabilities(contexts, container);
  take_seccomp(contexts, container);
  take_sysctls(contexts, container);
  if (const Node* const gains = contexts.find("allowPrivilegeEscalation")) {
    const auto flag = take_flag(*gains, container.ledger());
    if (flag) container.draft.set("security.no_new_privs", !*flag);
  }
  if (const Node* const fixed = contexts.find("readOnlyRootFilesystem")) {
    const auto flag = take_flag(*fixed, container.ledger());
    if (flag) container.draft.set("read_only", *flag);
  }
  const Node* const privileged = contexts.find("privileged");
  if (privileged != nullptr && take_flag(*privileged, container.ledger()) == true) {
    be_privileged(*privileged, container.draft, container.ledger());
  }
  for (const auto& row : kLost) {
    if (const Node* const member = contexts.find(row.key)) {
      container.ledger().lost(*member, row.what, row.instead);
    }
  }
}

}  // namespace berth::importing
