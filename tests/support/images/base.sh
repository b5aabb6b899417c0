#!/usr/bin/env bash
# Builds the tests' base image without an image registry: Debian bookworm from debootstrap, with Python
# 3.11 and its venv module. Prints the image's name. Run it through containers.sh. The first build
# takes about two minutes; the result is cached.
set -euo pipefail

IMAGE=localhost/stockfeed/base:bookworm
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stockfeed/images

make_tree() {
  local tree=$1
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv \
    bookworm "$tree" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} > "$tree.log" 2>&1 \
    || { tail -n 20 "$tree.log" >&2; exit 1; }
  rm -rf "$tree"/var/cache/apt/* "$tree"/var/lib/apt/lists/* "$tree"/var/log/* \
    "$tree"/usr/share/{doc,info,locale,man}/*
}

mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
if ! podman image exists "$IMAGE"; then
  if [[ ! -f $cache/bookworm.tar ]]; then
    work=$(mktemp -d "$cache/tree.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    make_tree "$work/root"
    tar -C "$work/root" --exclude='./dev/*' -cf "$work/bookworm.tar" .
    mv "$work/bookworm.tar" "$cache/bookworm.tar"
  fi
  podman import --quiet "$cache/bookworm.tar" "$IMAGE" > /dev/null
fi
echo "$IMAGE"
