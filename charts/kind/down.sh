#!/usr/bin/env bash
# `make kind-down`: removes the cluster and all data in it. Images that the engine keeps stay.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need kind
need_engine
kind delete cluster --name "$CLUSTER"
