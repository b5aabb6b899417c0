#!/usr/bin/env bash
# Runs a `stockfeed` command once in the cluster, like a load of the feed, and prints the Workflow:
#   docs/runbooks/by-hand.sh NAMESPACE FEED loader --skip KEY --reason '…'
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
namespace=$1 feed=$2
shift 2
command=$(printf '%s\n' "$@")
kubectl get cronworkflow "$feed-load" --namespace "$namespace" --output json |
  jq --from-file "$here/command.jq" --arg command "$command" |
  kubectl create --namespace "$namespace" --output name --filename -
