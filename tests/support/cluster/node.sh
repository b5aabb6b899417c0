#!/bin/sh
# node.sh TOOLS STATE NODE_STATE COMMAND…: sets up the node in its new namespaces, and becomes its
# process 1, COMMAND. NODE_STATE is the path at which the node mounts STATE.
set -eu
tools=$1 state=$2 node_state=$3
shift 3

# The kubelet requires these values. Files mounted over the sysctls provide them; the host's sysctls do
# not change.
set_sysctl() {
  mkdir -p "$state/sysctl"
  echo "$2" > "$state/sysctl/$1"
  mount --bind "$state/sysctl/$1" "/proc/sys/$(echo "$1" | tr . /)"
}
set_sysctl vm.overcommit_memory 1
set_sysctl vm.panic_on_oom 0
set_sysctl kernel.panic 10
set_sysctl kernel.panic_on_oops 1
set_sysctl kernel.keys.root_maxkeys 1000000
set_sysctl kernel.keys.root_maxbytes 25000000

mkdir -p "$state/log" "$state/tmp" "$state/lib" "$state/tools"
ln -sfn /run "$state/run"
mount -t tmpfs tmpfs /run
mount --bind "$tools" "$state/tools"
mount --bind "$state/tmp" /tmp
mount --rbind "$state" "$node_state"

exec "$@"
