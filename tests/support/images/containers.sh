#!/usr/bin/env bash
# Runs a command of podman, buildah or images/build.sh with storage of its own, on a plain Linux
# machine without Docker:
#   tests/support/images/containers.sh podman images
# As root; missing tools are installed by apt. Images are kept in the cache, outside the tree.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/stockfeed/containers

[[ $(id -u) == 0 ]] || { echo "$0: only root can set up containers here" >&2; exit 1; }

missing=()
for tool in podman buildah runc debootstrap; do
  command -v "$tool" > /dev/null || missing+=("$tool")
done
if [[ ${#missing[@]} -gt 0 ]]; then
  echo "$0: installs ${missing[*]}" >&2
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi

mkdir -p "$cache"
# runc and cgroupfs, because crun refuses a hybrid of cgroup v1 and v2 and there may be no systemd.
# The host's network, because a bridge would need iptables' rules; tests run with none at all.
cat > "$cache/containers.conf.$$" <<EOF
[containers]
netns = "host"
default_ulimits = ["nofile=20000:20000", "nproc=16384:16384"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
EOF
cat > "$cache/storage.conf.$$" <<EOF
[storage]
driver = "overlay"
graphroot = "$cache/storage"
runroot = "/run/stockfeed-containers"
EOF
# In one step: another process may read them right now.
mv "$cache/containers.conf.$$" "$cache/containers.conf"
mv "$cache/storage.conf.$$" "$cache/storage.conf"
export CONTAINERS_CONF=$cache/containers.conf CONTAINERS_STORAGE_CONF=$cache/storage.conf
exec "$@"
