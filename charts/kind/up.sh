#!/usr/bin/env bash
# `make kind-up`: creates a kind cluster with all of StockFeed and a sample feed. Running it again
# updates whatever changed. Arguments are the steps to run; without any, all steps run.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$HERE/wait.sh"
source "$HERE/images.sh"
# shellcheck source=../upstream/versions.env
source "$ROOT/charts/upstream/versions.env"

STEPS=(cluster images upstream platform operator feed gold)

step_cluster() {
  if has_cluster; then
    kind export kubeconfig --name "$CLUSTER"
  else
    kind create cluster --config "$ROOT/kind-config.yaml"
  fi
  wait_for_condition kube-system "node/$CLUSTER-control-plane" Ready
}

step_images() {
  local image
  say "Building the images"
  build_images
  for image in "${IMAGES[@]}"; do load_image "$image"; done
}

# In the order of charts/upstream/README.md. Waits come last, so that images are pulled in parallel.
step_upstream() {
  local namespace
  kubectl apply --filename "$HERE/namespace.yaml"
  install_upstream monitoring "$MONITORING_CHART" "$MONITORING_REPO" "$MONITORING_VERSION"
  install_upstream strimzi "$STRIMZI_CHART" "$STRIMZI_REPO" "$STRIMZI_VERSION"
  install_upstream argo "$ARGO_CHART" "$ARGO_REPO" "$ARGO_VERSION"
  for namespace in monitoring strimzi argo; do wait_for_rollouts "$namespace"; done
  wait_for_condition monitoring prometheus/kube-prometheus-stack-prometheus Available
}

# First the platform, which creates the Secrets for MinIO and the feed.
step_platform() {
  local tag deployment
  tag=$(tag_of local)
  install platform stocks "$ROOT/charts/stockfeed-platform" \
    --values "$ROOT/charts/stockfeed-platform/values-kind.yaml" --set-string "image.tag=$tag"
  install_upstream stocks "$MINIO_CHART" "$MINIO_REPO" "$MINIO_VERSION"
  wait_for_condition stocks kafka/stocks Ready
  for deployment in minio snowflake quotes; do wait_for_rollout stocks "deployment/$deployment"; done
}

step_operator() {
  local image tag tags=''
  for image in operator pipeline dbt; do
    tag=$(tag_of "$image")
    tags+=,images.$image.tag=$tag
  done
  install stockfeed-operator stockfeed "$ROOT/charts/stockfeed-operator" \
    --values "$HERE/stockfeed-operator.yaml" --set-string "${tags#,}"
  wait_for_rollouts stockfeed
}

step_feed() {
  say "Applying the sample feed"
  kubectl apply --filename "$HERE/feed.yaml"
  wait_for_condition stocks "stockfeed/$FEED" Ready
}

step_gold() {
  wait_for stocks "stockfeed/$FEED" "rows in gold" gold_rows
  say "Freshest gold rows"
  gold_rows
}

# install_upstream NAMESPACE CHART REPO VERSION: names the release like the chart.
install_upstream() {
  install "$2" "$1" "$2" --repo "$3" --version "$4" --values "$ROOT/charts/upstream/$2.yaml"
}

# install RELEASE NAMESPACE CHART OPTION…
install() {
  say "Installing $1"
  # helm waits for hooks only: the scripts' own waits report more about pods that do not start.
  helm upgrade "$1" "$3" --install --namespace "$2" --create-namespace \
    --timeout "${WAIT_SECONDS}s" "${@:4}" >/dev/null || {
    explain "$2"
    die "helm could not install $1"
  }
}

main() {
  local step
  (($#)) || set -- "${STEPS[@]}"
  need kubectl helm kind
  need_engine
  for step in "$@"; do
    declare -F "step_$step" >/dev/null || die "no step '$step'; steps are: ${STEPS[*]}"
    "step_$step"
  done
}

main "$@"
