#!/usr/bin/env bash
# `make kind-status`: shows releases, pods that are not ready, feeds, and the freshness of gold.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$HERE/wait.sh"

pods() {
  local namespace found=''
  for namespace in "${NAMESPACES[@]}"; do
    found+=$(unready_pods "$namespace" | sed "s|^    \([^ ]\)|    $namespace/\1|")
  done
  printf '%s\n' "${found:-    none}"
}

last_runs() {
  kubectl get workflows --namespace stocks --sort-by .metadata.creationTimestamp | tail -n 5
}

# part TITLE COMMAND…: a failing part does not prevent the next ones.
part() {
  heading "$1"
  "${@:2}" || true
}

need_cluster
part "Nodes" kubectl get nodes
part "Releases" helm list --all-namespaces
part "Pods that are not ready" pods
part "Feeds" kubectl get stockfeeds --all-namespaces
part "Conditions of feed $FEED" conditions stocks "stockfeed/$FEED"
part "Last runs" last_runs
part "Freshest gold rows" gold_rows
