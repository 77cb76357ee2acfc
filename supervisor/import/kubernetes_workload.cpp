// What runs pods: where the pod stands in it, and what it says beside that.
#include "supervisor/import/kubernetes.h"
#include "supervisor/import/take.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

bool runs_services(const std::string& kind) {
  return kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet" ||
         kind == "ReplicaSet" || kind == "ReplicationController";
}

// All containers of a workload, for what it says about all of them.
std::vector<std::string> containers_of(const KubePod& pod, const KubeSet& set) {
  std::vector<std::string> names;
  for (const KubeTarget& target : set.targets) {
    const Node* const containers = pod.spec->find("containers");
    if (containers == nullptr) break;
    for (const Node& node : containers->children()) {
      if (target.node == &node) names.push_back(target.container);
    }
  }
  return names;
}

void take_replicas(const Node& spec, const KubePod& pod, KubeSet& set) {
  const Node* const replicas = spec.find("replicas");
  if (replicas == nullptr) return;
  if (replicas->text() == "0") {
    replicas->take();
    for (const std::string& name : containers_of(pod, set)) {
      set.product.containers.at(name).set("autostart", false);
    }
  } else if (replicas->text() == "1") {
    replicas->take();
  } else {
    set.product.ledger.lost(*replicas, "one container is run, not " + replicas->text(),
                            "copy the file under other names");
  }
}

// The labels by which a workload finds its own pods.
void take_selector(const Node& spec) {
  if (const Node* const selector = spec.find("selector")) selector->carry();
}

void take_claim_templates(const Node& spec, KubePod& pod, Ledger& ledger) {
  const Node* const templates = spec.find("volumeClaimTemplates");
  if (templates == nullptr) return;
  for (const Node& claim : templates->children()) {
    const Node* const name = claim.find("metadata", "name");
    if (name == nullptr) continue;
    pod.claims[name->take()] = &claim;
    claim.take("apiVersion");
    claim.take("kind");
    if (const Node* const said = claim.find("spec")) {
      ledger.lost(*said, "a volume is a directory of the host, of no certain size or class",
                  "make room where berth keeps its volumes");
    }
  }
}

void limit_retries(const Node& job, const KubePod& pod, KubeSet& set) {
  const Node* const limit = job.find("backoffLimit");
  for (const std::string& name : containers_of(pod, set)) {
    Draft& draft = set.product.containers.at(name);
    // A Job makes new pods after a failure, whatever their own policy.
    draft.set("restart.policy", limit != nullptr && limit->text() == "0" ? "no" : "on-failure");
    const auto most = limit == nullptr ? std::nullopt : integer_of(limit->text());
    if (most && *most > 0) draft.set("restart.burst", *most + 1);
  }
  if (limit != nullptr) limit->take();
}

void take_suspension(const Node& spec, const KubePod& pod, KubeSet& set) {
  const Node* const suspend = spec.find("suspend");
  if (suspend == nullptr || take_flag(*suspend, set.product.ledger) != true) return;
  for (const std::string& name : containers_of(pod, set)) {
    Draft& draft = set.product.containers.at(name);
    draft.set("autostart", false);
    draft.comment("autostart", "it was suspended");
    draft.erase("schedule");
  }
}

void import_job(const Node& job, const std::string& name, KubePod& pod, KubeSet& set) {
  pod.metadata = job.find("template", "metadata");
  pod.spec = job.find("template", "spec");
  pod.name = name;
  pod.completes = true;
  if (pod.spec == nullptr) return;
  import_kube_pod(pod, set);
  limit_retries(job, pod, set);
  for (const char* key : {"completions", "parallelism"}) {
    const Node* const count = job.find(key);
    if (count != nullptr && count->text() == "1") count->take();
  }
  take_suspension(job, pod, set);
  take_selector(job);
  report_kube_losses(job, KubeScope::workload, set.product.ledger);
}

void take_schedule(const Node& spec, const KubePod& pod, KubeSet& set) {
  const Node* const cron = spec.find("schedule");
  const Node* const zone = spec.find("timeZone");
  if (cron == nullptr) return;
  auto calendar = calendar_of_cron(cron->text());
  if (!calendar) {
    set.product.ledger.lost(*cron, "this time has no counterpart in systemd's calendar",
                            "schedule; systemd-analyze calendar tells what it understands");
    return;
  }
  cron->take();
  if (zone != nullptr) *calendar += " " + zone->take();
  for (const std::string& name : containers_of(pod, set)) {
    Draft& draft = set.product.containers.at(name);
    draft.set("schedule", *calendar);
    draft.comment("schedule", "it was " + quote(cron->text()) + " for cron");
  }
}

void import_cron_job(const Node& spec, const std::string& name, KubeSet& set) {
  KubePod pod;
  const Node* const job = spec.find("jobTemplate", "spec");
  if (job == nullptr) return;
  import_job(*job, name, pod, set);
  if (pod.spec == nullptr) return;
  take_schedule(spec, pod, set);
  take_suspension(spec, pod, set);
  if (const Node* const policy = spec.find("concurrencyPolicy")) {
    if (policy->text() == "Forbid") {
      policy->take();
    } else {
      set.product.ledger.changed(*policy, "a run that is not over is left alone",
                                 "nothing: it is what Forbid does");
    }
  }
  if (const Node* const labels = spec.find("jobTemplate", "metadata", "labels")) {
    set.product.ledger.note(*labels, "a Job has no counterpart of its own; its pod's labels have");
  }
  report_kube_losses(spec, KubeScope::workload, set.product.ledger);
}

}  // namespace

bool import_kube_workload(const Node& document, KubeSet& set) {
  const std::string kind = document.peek("kind");
  const Node* const spec = document.find("spec");
  const Node* const metadata = document.find("metadata");
  const bool runs = kind == "Pod" || kind == "Job" || kind == "CronJob" || runs_services(kind);
  if (spec == nullptr || metadata == nullptr || !runs) return false;
  std::string name = metadata->peek("name");
  if (name.empty()) name = metadata->take("generateName");
  const std::size_t before = set.targets.size();
  KubePod pod{metadata, spec, name, false, {}};
  if (kind == "Pod") {
    import_kube_pod(pod, set);
  } else if (kind == "Job") {
    import_job(*spec, name, pod, set);
  } else if (kind == "CronJob") {
    import_cron_job(*spec, name, set);
  } else {
    pod.metadata = spec->find("template", "metadata");
    pod.spec = spec->find("template", "spec");
    if (pod.spec == nullptr) return false;
    take_claim_templates(*spec, pod, set.product.ledger);
    import_kube_pod(pod, set);
    take_replicas(*spec, pod, set);
    take_selector(*spec);
    report_kube_losses(*spec, KubeScope::workload, set.product.ledger);
  }
  const Node* const labels = metadata->find("labels");
  if (labels == nullptr) return true;
  for (const Node& label : labels->children()) {
    for (std::size_t i = before; i < set.targets.size(); ++i) {
      set.product.containers.at(set.targets[i].container).put("labels", label.key(), label.take());
    }
  }
  return true;
}

}  // namespace berth::importing
