# shellcheck shell=bash
# Shared functions of the scripts for `make kind-…` and `make ui`. Sourced, not run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
HERE=$ROOT/charts/kind
# Same name as in kind-config.yaml.
CLUSTER=stockfeed
CONTEXT=kind-$CLUSTER
# shellcheck disable=SC2034  # Not used by all scripts.
FEED=us-equities NAMESPACES=(stocks stockfeed strimzi argo monitoring)
# Directory for tools that are not installed on the machine.
TOOLS=$ROOT/.cache/bin

say() { printf '==> %s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Always uses kind's context, never the user's current one.
kubectl() { command kubectl --context "$CONTEXT" "$@"; }

helm() { command helm --kube-context "$CONTEXT" "$@"; }

# need TOOL…: makes sure that each tool is on the PATH, and installs it if possible.
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
    die "neither kind nor Go (1.24 or newer), which can build it, is on the PATH: install one of them"
  say "Building kind from its Go module"
  go -C "$HERE/tools" build -o "$TOOLS/kind" sigs.k8s.io/kind
}

get_helm() { take_from_environment helm; }

get_kubectl() { take_from_environment kubectl; }

# Packages of the development environment contain helm and kubectl.
take_from_environment() {
  local python=$ROOT/.venv/bin/python
  [[ -x $python ]] || die "$1 is not on the PATH: install it, or run \`make .venv/.dev\`, which includes it"
  ln -sf "$("$python" "$HERE/wheel_tools.py" "$1")" "$TOOLS/$1"
}

# Selects a working container engine, docker before podman, for kind as well.
need_engine() {
  for ENGINE in ${ENGINE:-docker podman}; do
    if type -P "$ENGINE" >/dev/null && "$ENGINE" info >/dev/null 2>&1; then
      export KIND_EXPERIMENTAL_PROVIDER=$ENGINE
      return
    fi
  done
  die "neither docker nor podman answers \`info\`: install Docker or podman, or start its daemon"
}

# Not grep -q: it exits early, and with pipefail the SIGPIPE of kind would count as a failure.
has_cluster() { kind get clusters | grep -x "$CLUSTER" >/dev/null; }

need_cluster() {
  need kind kubectl helm
  need_engine
  has_cluster || die "there is no kind cluster '$CLUSTER': run \`make kind-up\` first"
}

# Prints the freshest rows of gold; fails if there are none.
gold_rows() {
  kubectl exec deployment/snowflake --namespace stocks -- \
    python -m stockfeed_local.gold --port 8080 --database STOCKS --schema ANALYTICS
}
