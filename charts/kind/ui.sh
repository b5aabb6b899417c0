#!/usr/bin/env bash
# `make ui`: forwards Argo's UI, Grafana and MinIO's console to this machine until Ctrl-C.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ARGO_PORT=${ARGO_PORT:-2746}
GRAFANA_PORT=${GRAFANA_PORT:-3000}
MINIO_PORT=${MINIO_PORT:-9001}
ADDRESS=127.0.0.1

answers() { (: >"/dev/tcp/$ADDRESS/$1") 2>/dev/null; }

# forward VARIABLE NAMESPACE SERVICE PORT: forwards in the background; VARIABLE holds the local port.
forward() {
  local port=${!1}
  ! answers "$port" || die "port $port is taken: choose another one, e.g. \`make ui $1=$((port + 10000))\`"
  # exec, so that killing the job kills kubectl itself.
  exec kubectl --context "$CONTEXT" port-forward "$3" "$port:$4" \
    --namespace "$2" --address "$ADDRESS" >/dev/null &
  until answers "$port"; do
    kill -0 $! 2>/dev/null || die "$3 in namespace $2 cannot be reached: run \`make kind-status\`"
    sleep 0.2
  done
}

# secret NAMESPACE NAME KEY
secret() {
  kubectl get secret "$2" --namespace "$1" --output "go-template={{index .data \"$3\" | base64decode}}"
}

# login NAMESPACE SECRET USER-KEY PASSWORD-KEY
login() {
  local user password
  user=$(secret "$1" "$2" "$3")
  password=$(secret "$1" "$2" "$4")
  printf 'user %s, password %s\n' "$user" "$password"
}

show() { printf '%-15s http://%s:%s  %s\n' "$1" "$ADDRESS" "$2" "$3"; }

trap 'exit 0' INT TERM
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT

need_cluster
forward ARGO_PORT argo service/argo-workflows-server 2746
forward GRAFANA_PORT monitoring service/kube-prometheus-stack-grafana 80
forward MINIO_PORT stocks service/minio-console 9001
grafana=$(login monitoring kube-prometheus-stack-grafana admin-user admin-password)
minio=$(login stocks minio-root rootUser rootPassword)
show "Argo Workflows" "$ARGO_PORT/workflows/stocks" "no login"
show Grafana "$GRAFANA_PORT" "$grafana"
show "MinIO console" "$MINIO_PORT" "$minio"
echo "Press Ctrl-C to stop."
wait -n || true
die "a connection was closed, e.g. because its pod was replaced: run \`make ui\` again"
