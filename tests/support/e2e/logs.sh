#!/usr/bin/env bash
# logs.sh DIRECTORY: collects Events, feeds and the logs of all pods of the current cluster.
set -uo pipefail
out=$1
root=$(cd "$(dirname "$0")/../../.." && pwd)
kubectl=$("$root/.venv/bin/python" "$root/charts/kind/wheel_tools.py" kubectl)
"$kubectl" get events --all-namespaces --sort-by=.lastTimestamp > "$out/events.txt"
"$kubectl" get stockfeeds --all-namespaces --output=yaml > "$out/feeds.yaml"
"$kubectl" get pods --all-namespaces --output=wide > "$out/pods.txt"
"$kubectl" get pods --all-namespaces --no-headers \
  --output=custom-columns=:metadata.namespace,:metadata.name |
  while read -r namespace pod; do
    "$kubectl" logs "$pod" --namespace="$namespace" --all-containers --tail=2000 --ignore-errors \
      > "$out/$namespace.$pod.log" 2>&1
  done
echo "logs are in $out"
