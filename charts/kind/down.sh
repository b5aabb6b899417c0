#!/usr/bin/env bash
# `make kind-down`: deletes the cluster and all its data. Images in the container engine are kept.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need kind
need_engine
kind delete cluster --name "$CLUSTER"
