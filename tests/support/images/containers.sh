#!/usr/bin/env bash
# Runs podman, buildah or images/build.sh with separate image storage, on Linux without Docker:
#   tests/support/images/containers.sh podman images
# Needs root. Installs missing tools with apt. Images are kept in the user's cache.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/stockfeed/containers

[[ $(id -u) == 0 ]] || { echo "$0: needs root to set up containers" >&2; exit 1; }

missing=()
for tool in podman buildah runc debootstrap; do
  command -v "$tool" > /dev/null || missing+=("$tool")
done
if [[ ${#missing[@]} -gt 0 ]]; then
  echo "$0: installing ${missing[*]}" >&2
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi

mkdir -p "$cache"
# runc and cgroupfs, because crun rejects hybrid cgroups (v1 with v2) and systemd may be missing. The
# host's network for builds, because a bridge needs iptables rules; tests run containers without any.
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
# Atomically, because another process may be reading them.
mv "$cache/containers.conf.$$" "$cache/containers.conf"
mv "$cache/storage.conf.$$" "$cache/storage.conf"
export CONTAINERS_CONF=$cache/containers.conf CONTAINERS_STORAGE_CONF=$cache/storage.conf
exec "$@"
