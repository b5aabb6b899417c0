#!/usr/bin/env bash
# `make kind-logs`: collects data for diagnosing a failure in one directory: kind's own export, and the
# pod logs, objects and events of each namespace.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIRECTORY=${1:-$ROOT/build/kind-logs/$(date -u +%Y%m%dT%H%M%SZ)}

# All kinds except Secrets, so that the directory can be shared.
kinds() {
  kubectl api-resources --namespaced --verbs list --output name |
    grep -vxE 'secrets|events(\..*)?' | paste -s -d , -
}

pod_logs() {
  local namespace=$1 directory=$2 pod
  for pod in $(kubectl get pods --namespace "$namespace" --output name); do
    kubectl logs "$pod" --namespace "$namespace" --all-containers --prefix --timestamps \
      >"$directory/${pod#pod/}.log" || true
  done
}

namespace_logs() {
  local directory=$DIRECTORY/$1
  mkdir -p "$directory"
  pod_logs "$1" "$directory"
  kubectl get "$objects" --namespace "$1" --output yaml >"$directory/objects.yaml" || true
  kubectl get events --namespace "$1" --sort-by .metadata.creationTimestamp >"$directory/events.txt" || true
}

need_cluster
mkdir -p "$DIRECTORY"
kind export logs "$DIRECTORY/kind" --name "$CLUSTER"
objects=$(kinds)
for namespace in "${NAMESPACES[@]}"; do namespace_logs "$namespace"; done
say "Logs are in $DIRECTORY"
