// The containers of a pod. berth has no pods: each becomes a container of its own, those that come
// first oneshots that the others wait for.
#include "supervisor/import/kubernetes.h"
#include "supervisor/import/take.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct Made {
  std::string name;
  std::string condition;  // under which others go on
};

std::size_t count_of(const Node* list) { return list == nullptr ? 0 : list->children().size(); }

std::string restart_policy(const KubePod& pod, Ledger& ledger) {
  const Node* const node = pod.spec->find("restartPolicy");
  if (node != nullptr && pod.completes) {
    ledger.note(*node, "a Job is tried again after a failure, whatever its pods' policy");
    return "on-failure";
  }
  const std::string policy = pod.spec->peek("restartPolicy");
  if (node != nullptr && policy != "Always" && policy != "OnFailure" && policy != "Never") {
    ledger.senseless(*node, "Always, OnFailure or Never");
  }
  pod.spec->take("restartPolicy");
  if (policy == "OnFailure") return "on-failure";
  return policy == "Never" ? "no" : "always";
}

// What the pod says, and each of its containers does.
void take_pod_keys(const KubePod& pod, Draft& draft, Product& product) {
  const Node& spec = *pod.spec;
  const Node* const on_host = spec.find("hostNetwork");
  if (on_host != nullptr && take_flag(*on_host, product.ledger) == true) {
    draft.set("network", "host");
  }
  if (const Node* const hostname = spec.find("hostname")) draft.set("hostname", hostname->take());
  const Node* const grace = spec.find("terminationGracePeriodSeconds");
  const auto seconds = grace == nullptr ? 30.0 : number_of(grace->text());
  if (seconds) draft.set("stop_timeout", seconds_text(*seconds));
  if (grace != nullptr && seconds) grace->take();
  if (const Node* const users = spec.find("hostUsers")) {
    const auto flag = take_flag(*users, product.ledger);
    if (flag) draft.set("security.userns", *flag ? "host" : "auto");
  }
  const Node* const labels = pod.metadata == nullptr ? nullptr : pod.metadata->find("labels");
  if (labels == nullptr) return;
  for (const Node& label : labels->children()) draft.put("labels", label.key(), label.take());
}

Made make(const Node& node, const KubePod& pod, const std::string& wanted, bool completes,
          const std::string& policy, const std::vector<Made>& before, KubeSet& set) {
  Product& product = set.product;
  const std::string name = product.container_name(wanted);
  Draft& draft = product.containers[name];
  const std::string own = node.take("name");
  if (const Node* const said = node.find("name"); said != nullptr && own != name) {
    product.ledger.note(*said, "the container is called " + quote(name));
  }
  draft.set("restart.policy", policy);
  take_pod_keys(pod, draft, product);
  KubeContainer container{node, pod, name, draft, set, product, ""};
  import_kube_container(container);
  if (completes) become_oneshot(draft);
  for (const Made& other : before) {
    draft.put("depends_on", other.name, TomlTable{{"condition", other.condition}});
  }
  const Node* const labels = pod.metadata == nullptr ? nullptr : pod.metadata->find("labels");
  set.targets.push_back(KubeTarget{name, labels, &node, draft.text_of("network") == "host"});
  const bool healthy = draft.has("healthcheck.http") || draft.has("healthcheck.tcp") ||
                       draft.has("healthcheck.exec");
  return {name, completes ? "completed" : healthy ? "healthy" : "started"};
}

// In their order, each after the one before; those that always restart run on beside the others.
std::vector<Made> make_first(const KubePod& pod, KubeSet& set) {
  std::vector<Made> made;
  const Node* const list = pod.spec->find("initContainers");
  if (list == nullptr) return made;
  for (const Node& node : list->children()) {
    const bool stays = node.take("restartPolicy") == "Always";
    const std::string wanted = pod.name + "-" + node.peek("name");
    const std::vector<Made> before(made.empty() ? made.end() : made.end() - 1, made.end());
    made.push_back(make(node, pod, wanted, !stays, stays ? "always" : "on-failure", before, set));
  }
  return made;
}

}  // namespace

void import_kube_pod(const KubePod& pod, KubeSet& set) {
  const Node* const list = pod.spec->find("containers");
  const std::size_t count = count_of(list);
  if (count == 0) return;
  const bool alone = count == 1;
  const bool several = count + count_of(pod.spec->find("initContainers")) > 1;
  std::string policy = restart_policy(pod, set.product.ledger);
  if (pod.completes && policy == "always") policy = "on-failure";
  const std::size_t first = set.targets.size();
  const std::vector<Made> before = make_first(pod, set);
  for (const Node& node : list->children()) {
    const std::string wanted = alone ? pod.name : pod.name + "-" + node.peek("name");
    make(node, pod, wanted, pod.completes, policy, before, set);
  }
  for (std::size_t i = first; i < set.targets.size() && several; ++i) {
    set.product.containers.at(set.targets[i].container).append("groups", definition_name(pod.name));
  }
  if (!alone && !set.targets.back().on_host) {
    set.product.ledger.mention(*list, Loss::changed,
                               "the containers of a pod do not share a network namespace",
                               "have them call each other by name instead of localhost");
  }
  if (pod.metadata != nullptr) {
    for (const char* key : {"name", "namespace", "creationTimestamp"}) pod.metadata->take(key);
    if (const Node* const annotations = pod.metadata->find("annotations")) {
      set.product.ledger.lost(*annotations, "there are no annotations", "labels");
    }
  }
  finish_kube_volumes(pod, set.product);
  report_kube_losses(*pod.spec, KubeScope::pod, set.product.ledger);
}

}  // namespace berth::importing
