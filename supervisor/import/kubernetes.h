// Kubernetes manifests: what their importer's parts share. One file a concern:
//
//   kubernetes.cpp             the documents by kind
//   kubernetes_workload.cpp    Deployment, StatefulSet, DaemonSet, Job, CronJob: the pod within
//   kubernetes_pod.cpp         the containers of a pod
//   kubernetes_container.cpp   the keys of a container
//   kubernetes_environment.cpp env, envFrom, $(NAME)
//   kubernetes_volumes.cpp     volumes, volumeMounts, ConfigMap and Secret as files
//   kubernetes_probes.cpp      livenessProbe, readinessProbe, startupProbe
//   kubernetes_rights.cpp      securityContext
//   kubernetes_service.cpp     Service
//   kubernetes_values.cpp      quantities, base64, cron
//   kubernetes_losses.cpp      what is known to have no counterpart
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/import/product.h"

namespace berth::importing {

// Where a pod stands in its document, and how it is run.
struct KubePod {
  const Node* metadata = nullptr;  // the template's
  const Node* spec = nullptr;
  std::string name;                           // of the workload
  bool completes = false;                     // a Job's
  std::map<std::string, const Node*> claims;  // volumeClaimTemplates
};

// A container that was made, for the services that lead to it.
struct KubeTarget {
  std::string container;
  const Node* labels = nullptr;  // of its pod
  const Node* node = nullptr;    // the container's
  bool on_host = false;          // hostNetwork
};

struct KubeSet {
  Product& product;
  std::map<std::string, const Node*> config_maps;
  std::map<std::string, const Node*> secrets;
  std::vector<KubeTarget> targets;
};

struct KubeContainer {
  const Node& node;
  const KubePod& pod;
  const std::string& name;
  Draft& draft;
  KubeSet& set;
  Product& product;
  std::string secret_environment;  // "NAME=value" lines
  [[nodiscard]] Ledger& ledger() const { return product.ledger; }
};

bool import_kube_workload(const Node& document, KubeSet& set);
void import_kube_pod(const KubePod& pod, KubeSet& set);
void import_kube_service(const Node& document, KubeSet& set);

void import_kube_container(KubeContainer& container);
void take_kube_environment(KubeContainer& container);
// $(NAME) in arguments, where NAME is a variable of the container.
std::vector<std::string> expand_references(const Node& list, KubeContainer& container);
void take_kube_mounts(KubeContainer& container);
void take_kube_probes(KubeContainer& container);
void take_kube_rights(KubeContainer& container);
// The pod's volumes that no container mounts, and what they say beside that.
void finish_kube_volumes(const KubePod& pod, Product& product);

// Of a ConfigMap (data, binaryData) or Secret (data, stringData): the value as it is meant.
std::optional<std::string> content_of(const Node& object, const std::string& key);
std::vector<std::string> keys_of(const Node& object);
const Node* entry_of(const Node& object, const std::string& key);
// The number of a port that may be given by its name.
std::string port_number(const std::string& port, const Node& container);

// "500m", "1.5", "2e3": a number; "512Mi", "1G": bytes.
std::optional<double> quantity_of(std::string_view text);
std::optional<std::string> decode_base64(std::string_view text);
// "*/5 * * * *" as systemd's OnCalendar: "*-*-* *:0/5:00". Empty for what that cannot say.
std::optional<std::string> calendar_of_cron(std::string_view cron);

enum class KubeScope { workload, pod, container, service, document };
// Reports the members of a node that are known to have no counterpart.
void report_kube_losses(const Node& node, KubeScope scope, Ledger& ledger);
// What a whole kind of documents is, which has none.
void report_kube_kind(const Node& document, Ledger& ledger);

}  // namespace berth::importing
