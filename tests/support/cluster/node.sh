#!/bin/sh
# Runs in the node's fresh namespaces, and becomes its process 1.
# Arguments: the tools, the state directory, where the node sees that, and process 1 with its own.
set -eu
tools=$1 state=$2 node_state=$3
shift 3

# The kubelet wants these values. It finds them, and the host's own stay as they are.
tuned() {
  mkdir -p "$state/sysctl"
  echo "$2" > "$state/sysctl/$1"
  mount --bind "$state/sysctl/$1" "/proc/sys/$(echo "$1" | tr . /)"
}
tuned vm.overcommit_memory 1
tuned vm.panic_on_oom 0
tuned kernel.panic 10
tuned kernel.panic_on_oops 1
tuned kernel.keys.root_maxkeys 1000000
tuned kernel.keys.root_maxbytes 25000000

mkdir -p "$state/log" "$state/tmp" "$state/lib" "$state/tools"
ln -sfn /run "$state/run"
mount -t tmpfs tmpfs /run
mount --bind "$tools" "$state/tools"
mount --bind "$state/tmp" /tmp
mount --rbind "$state" "$node_state"

exec "$@"
