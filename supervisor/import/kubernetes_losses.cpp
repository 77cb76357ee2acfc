// Keys and kinds of Kubernetes that are known to have no counterpart, and what to do instead.
#include <array>

#include "supervisor/import/kubernetes.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct LostRow {
  KubeScope scope;
  std::string_view key;
  Loss loss;
  const char* what;
  const char* instead;
};
constexpr const char* kScheduling = "nothing is scheduled: there is one host";
constexpr const char* kPutThere = "put the file on the host where it shall run";
constexpr const char* kApi = "there is no API server to talk to";
constexpr const char* kReplaced = "one container is replaced by the other, without an overlap";
constexpr const char* kHistory = "berth history tells of earlier generations";
constexpr const char* kNoTerminal = "a container has no terminal of its own";

constexpr std::array kLost{
    LostRow{KubeScope::workload, "strategy", Loss::lost, kReplaced, "update.window says when"},
    LostRow{KubeScope::workload, "updateStrategy", Loss::lost, kReplaced,
            "update.window says when"},
    LostRow{KubeScope::workload, "minReadySeconds", Loss::lost, kReplaced,
            "update.window says when"},
    LostRow{KubeScope::workload, "progressDeadlineSeconds", Loss::lost,
            "a rollout has no time of its own", "restart.burst and restart.interval"},
    LostRow{KubeScope::workload, "revisionHistoryLimit", Loss::note, kHistory, ""},
    LostRow{KubeScope::workload, "successfulJobsHistoryLimit", Loss::note, kHistory, ""},
    LostRow{KubeScope::workload, "failedJobsHistoryLimit", Loss::note, kHistory, ""},
    LostRow{KubeScope::workload, "ttlSecondsAfterFinished", Loss::note, "a oneshot stays completed",
            ""},
    LostRow{KubeScope::workload, "serviceName", Loss::note, "the container's own name leads to it",
            ""},
    LostRow{KubeScope::workload, "podManagementPolicy", Loss::note, "there is one container", ""},
    LostRow{KubeScope::workload, "completions", Loss::lost, "it is run once", "start it again"},
    LostRow{KubeScope::workload, "parallelism", Loss::lost, "one container is run at a time",
            "copy the file under other names"},
    LostRow{KubeScope::workload, "activeDeadlineSeconds", Loss::lost, "a run has no longest time",
            "a program that ends by itself"},
    LostRow{KubeScope::workload, "startingDeadlineSeconds", Loss::lost,
            "a run that was missed is not made up for", "berth start"},
    LostRow{KubeScope::pod, "nodeSelector", Loss::lost, kScheduling, kPutThere},
    LostRow{KubeScope::pod, "nodeName", Loss::lost, kScheduling, kPutThere},
    LostRow{KubeScope::pod, "affinity", Loss::lost, kScheduling, kPutThere},
    LostRow{KubeScope::pod, "tolerations", Loss::lost, kScheduling, kPutThere},
    LostRow{KubeScope::pod, "topologySpreadConstraints", Loss::lost, kScheduling, kPutThere},
    LostRow{KubeScope::pod, "schedulerName", Loss::lost, kScheduling, kPutThere},
    LostRow{KubeScope::pod, "priorityClassName", Loss::lost, kScheduling, "limits.cpu_weight"},
    LostRow{KubeScope::pod, "serviceAccountName", Loss::lost, kApi, "leave it out"},
    LostRow{KubeScope::pod, "serviceAccount", Loss::lost, kApi, "leave it out"},
    LostRow{KubeScope::pod, "automountServiceAccountToken", Loss::note, kApi, ""},
    LostRow{KubeScope::pod, "imagePullSecrets", Loss::lost,
            "registries' passwords are not kept with a container", "log in on the host"},
    LostRow{KubeScope::pod, "dnsPolicy", Loss::lost, "name servers are those of the host",
            "mount a file over /etc/resolv.conf"},
    LostRow{KubeScope::pod, "dnsConfig", Loss::lost, "name servers are those of the host",
            "mount a file over /etc/resolv.conf"},
    LostRow{KubeScope::pod, "hostAliases", Loss::lost, "no other names are written to /etc/hosts",
            "use the address, or aliases where it is a container"},
    LostRow{KubeScope::pod, "hostPID", Loss::lost, "a container has its own process namespace",
            "leave it out"},
    LostRow{KubeScope::pod, "hostIPC", Loss::lost, "a container has its own ipc namespace",
            "leave it out"},
    LostRow{KubeScope::pod, "shareProcessNamespace", Loss::lost,
            "a container has its own process namespace", "one container for both programs"},
    LostRow{KubeScope::pod, "subdomain", Loss::lost, "there are no domains of names",
            "aliases of a network"},
    LostRow{KubeScope::pod, "enableServiceLinks", Loss::note,
            "no variables tell of other containers", ""},
    LostRow{KubeScope::pod, "runtimeClassName", Loss::lost, "the runtime is berth's own",
            "leave it out"},
    LostRow{KubeScope::pod, "activeDeadlineSeconds", Loss::lost, "a run has no longest time",
            "a program that ends by itself"},
    LostRow{KubeScope::container, "lifecycle", Loss::lost,
            "no programs are run beside a start or a stop", "hooks, or stop_signal"},
    LostRow{KubeScope::container, "volumeDevices", Loss::lost, "a volume is a directory",
            "devices"},
    LostRow{KubeScope::container, "terminationMessagePath", Loss::note,
            "berth logs shows what it wrote last", ""},
    LostRow{KubeScope::container, "terminationMessagePolicy", Loss::note,
            "berth logs shows what it wrote last", ""},
    LostRow{KubeScope::container, "stdin", Loss::lost, kNoTerminal,
            "nsenter with the pid of berth ps"},
    LostRow{KubeScope::container, "stdinOnce", Loss::lost, kNoTerminal,
            "nsenter with the pid of berth ps"},
    LostRow{KubeScope::container, "tty", Loss::lost, kNoTerminal,
            "nsenter with the pid of berth ps"},
    LostRow{KubeScope::container, "resizePolicy", Loss::note, "limits are changed live", ""},
    LostRow{KubeScope::service, "sessionAffinity", Loss::lost,
            "there is one container behind a name", "leave it out"},
    LostRow{KubeScope::service, "externalTrafficPolicy", Loss::note, kScheduling, ""},
    LostRow{KubeScope::service, "internalTrafficPolicy", Loss::note, kScheduling, ""},
    LostRow{KubeScope::service, "publishNotReadyAddresses", Loss::note,
            "a name leads to a container whether it is ready or not", ""},
    LostRow{KubeScope::service, "ipFamilies", Loss::lost, "addresses are those of the network",
            "subnet6 of the network"},
    LostRow{KubeScope::service, "ipFamilyPolicy", Loss::lost, "addresses are those of the network",
            "subnet6 of the network"},
    LostRow{KubeScope::service, "externalIPs", Loss::lost,
            "addresses of the host are named in ports", "ports = [\"address:port:port\"]"},
    LostRow{KubeScope::service, "loadBalancerIP", Loss::lost,
            "addresses of the host are named in ports", "ports = [\"address:port:port\"]"},
    LostRow{KubeScope::document, "status", Loss::note, "it tells what was, not what shall be", ""},
};

struct KindRow {
  std::string_view kind;
  const char* what;
  const char* instead;
};
constexpr std::array kKinds{
    KindRow{"NetworkPolicy", "packets between containers of a network are not filtered",
            "networks of their own for those that shall not meet"},
    KindRow{"Ingress", "requests are not routed by their names",
            "a reverse proxy as a container, with ports"},
    KindRow{"Namespace", "there are no namespaces", "groups"},
    KindRow{"ServiceAccount", kApi, "leave it out"},
    KindRow{"Role", kApi, "leave it out"},
    KindRow{"RoleBinding", kApi, "leave it out"},
    KindRow{"ClusterRole", kApi, "leave it out"},
    KindRow{"ClusterRoleBinding", kApi, "leave it out"},
    KindRow{"HorizontalPodAutoscaler", "one container is run, however much there is to do",
            "limits"},
    KindRow{"PodDisruptionBudget", "there is one container", "update.window"},
    KindRow{"PersistentVolume", "a volume is a directory of the host",
            "a bind mount, where it is one"},
    KindRow{"StorageClass", "a volume is a directory of the host", "leave it out"},
    KindRow{"PriorityClass", kScheduling, "limits.cpu_weight"},
    KindRow{"ResourceQuota", "limits are those of each container", "limits"},
    KindRow{"LimitRange", "limits are those of each container", "limits"},
    KindRow{"CustomResourceDefinition", kApi, "leave it out"},
};

}  // namespace

void report_kube_losses(const Node& node, KubeScope scope, Ledger& ledger) {
  for (const Node& member : node.children()) {
    for (const LostRow& row : kLost) {
      if (row.scope != scope || row.key != member.key()) continue;
      if (boolean_of(member.text()) == false || member.text() == "ClusterFirst" ||
          (member.key() == "sessionAffinity" && member.text() == "None")) {
        member.carry();
      } else if (row.loss == Loss::note) {
        ledger.note(member, row.what, row.instead);
      } else if (member.is_leaf() ? member.fate() == Fate::open : member.untouched()) {
        ledger.lost(member, row.what, row.instead);
      }
    }
  }
}

void report_kube_kind(const Node& document, Ledger& ledger) {
  const std::string kind = document.peek("kind");
  for (const KindRow& row : kKinds) {
    if (row.kind == kind) return ledger.lost(document, kind + ": " + row.what, row.instead);
  }
  ledger.lost(document, "the kind " + quote(kind) + " has no counterpart", "leave it out");
}

}  // namespace berth::importing
