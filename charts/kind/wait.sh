# shellcheck shell=bash
# Waiting with progress messages, and with diagnostics on a timeout. Sourced, not run.

# Timeout of a single wait; the first time, pulling images takes most of it.
WAIT_SECONDS=${WAIT_SECONDS:-900}
POLL_SECONDS=${POLL_SECONDS:-5}

# wait_for NAMESPACE OBJECT WHAT COMMAND…: repeats the command until it succeeds. On a timeout,
# explains the state of OBJECT and of the pods in NAMESPACE, and exits.
wait_for() {
  local namespace=$1 object=$2 what=$3 began=$SECONDS answer pods='' before=''
  shift 3
  say "Waiting for $what"
  until answer=$("$@" 2>&1); do
    pods=$(unready_pods "$namespace" 2>&1) || true
    [[ $pods == "$before" ]] || printf '%s\n' "$pods"
    before=$pods
    if ((SECONDS - began >= WAIT_SECONDS)); then
      explain "$namespace" "$object"
      die "waited $WAIT_SECONDS s for $what: ${answer:-no answer}"
    fi
    sleep "$POLL_SECONDS"
  done
}

# wait_for_condition NAMESPACE OBJECT CONDITION
wait_for_condition() {
  wait_for "$1" "$2" "$2 in namespace $1 to be $3" \
    kubectl wait "$2" --namespace "$1" --for "condition=$3" --timeout 0
}

# wait_for_rollout NAMESPACE OBJECT: waits until all pods have the newest version.
wait_for_rollout() {
  wait_for "$1" "$2" "the rollout of $2 in namespace $1" \
    kubectl rollout status "$2" --namespace "$1" --timeout "${POLL_SECONDS}s"
}

# wait_for_rollouts NAMESPACE: waits for all Deployments and StatefulSets.
wait_for_rollouts() {
  local found object
  found=$(kubectl get deployments,statefulsets --namespace "$1" --output name)
  for object in $found; do wait_for_rollout "$1" "$object"; done
}

# Prints a line for each pod that is not ready, with the reasons of its containers.
unready_pods() {
  kubectl get pods --namespace "$1" --output "go-template-file=$HERE/unready-pods.gotmpl"
}

# explain NAMESPACE [OBJECT]: prints conditions, warnings and logs to standard error.
explain() {
  local pods
  pods=$(unready_pods "$1" 2>&1) || true
  {
    if (($# > 1)); then
      heading "Conditions of $2"
      conditions "$1" "$2" || true
    fi
    heading "Pods that are not ready in namespace $1"
    printf '%s\n' "${pods:-    none}"
    heading "Last warnings in namespace $1"
    warnings "$1" | tail -n 15 || true
    last_logs "$1" || true
  } >&2
}

heading() { printf '\n--- %s\n' "$*"; }

conditions() {
  kubectl get "$2" --namespace "$1" --output "go-template-file=$HERE/conditions.gotmpl"
}

# Sorted by creation time: events of the scheduler have no lastTimestamp.
warnings() {
  local time=.metadata.creationTimestamp
  kubectl get events --namespace "$1" --field-selector type=Warning --sort-by "$time" \
    --output "custom-columns=SINCE:$time,OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message"
}

last_logs() {
  local pod
  for pod in $(unready_pods "$1" | sed -n 's/^    \([^: ]*\): .*/\1/p'); do
    heading "Last lines of pod $pod"
    kubectl logs "$pod" --namespace "$1" --all-containers --prefix --tail 15 || true
  done
}
