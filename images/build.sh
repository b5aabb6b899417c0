#!/usr/bin/env bash
# Builds StockFeed's images and prints their names.
#   images/build.sh [operator|pipeline|dbt|local]...    default: all images
# Environment variables:
#   ENGINE   docker, podman or buildah; default: the first that works
#   BASE     base image; default: the one that the Dockerfiles pin
#   TAG      tag of the images; default: the version in pyproject.toml
#   PREFIX   prefix of the images' names; default: docker.io/stockfeed
#   SOURCE   URL of the source code, for the label org.opencontainers.image.source
# In the build, pip uses the host's CA bundle and index settings. They are mounted as secrets, so
# that no layer contains them.
set -euo pipefail
cd "$(dirname "$0")/.."

ALL=(operator pipeline dbt local)
PREFIX=${PREFIX:-docker.io/stockfeed}

fail() { echo "images/build.sh: $*" >&2; exit 1; }

works() {
  case $1 in
    docker) docker info > /dev/null 2>&1 ;; # the client alone, without a daemon, cannot build
    *) "$1" --version > /dev/null 2>&1 ;;
  esac
}

engine() {
  local candidate
  for candidate in ${ENGINE:-docker podman buildah}; do
    case $candidate in
      docker | podman | buildah) ;;
      *) fail "ENGINE is '$candidate'; it must be docker, podman or buildah" ;;
    esac
    if works "$candidate"; then echo "$candidate"; return; fi
  done
  fail "no working container engine: tried ${ENGINE:-docker, podman, buildah}. Install one, or start Docker"
}

dockerfile() {
  case $1 in
    operator) echo operator/Dockerfile ;;
    pipeline | dbt | local) echo "images/$1/Dockerfile" ;;
    *) fail "unknown image '$1'; the images are: ${ALL[*]}" ;;
  esac
}

# Prints the host's index settings of pip as a pip.conf. `pip config list` may print a setting once
# per scope (e.g. global and install): only the first is used.
pip_conf() {
  { python3 -m pip config list 2> /dev/null || true; } | awk -F"='" '
    BEGIN { print "[global]" }
    match($1, /\.(index-url|extra-index-url|trusted-host|default-timeout|timeout|retries)$/) {
      name = substr($1, RSTART + 1); value = substr($2, 1, length($2) - 1)
      if (!seen[name]++) print name " = " value
    }'
}

ca_bundle() {
  local file=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
  if [[ -f $file ]]; then echo "$file"; fi
}

revision() {
  git rev-parse HEAD 2> /dev/null || echo unknown
}

build() {
  local image=$1 file options=()
  file=$(dockerfile "$image")
  [[ -z ${BASE:-} ]] || options+=(--build-arg "BASE=$BASE")
  [[ -z $ca ]] || options+=(--secret "id=ca,src=$ca")
  case $engine in
    # Caches layers, as Docker does by default, and sets files' dates to SOURCE_DATE_EPOCH if it is set.
    podman | buildah) options+=(--layers ${SOURCE_DATE_EPOCH:+--timestamp "$SOURCE_DATE_EPOCH"}) ;;
  esac
  echo "$engine builds $PREFIX/$image:$tag from $file, base image: ${BASE:-as pinned}" >&2
  "$engine" build --quiet --file "$file" --tag "$PREFIX/$image:$tag" \
    --secret "id=pip,src=$secrets/pip.conf" \
    --build-arg "VERSION=$tag" --build-arg "REVISION=$(revision)" \
    --build-arg "SOURCE=${SOURCE:-}" "${options[@]}" . > /dev/null
  echo "$PREFIX/$image:$tag"
}

[[ $# -gt 0 ]] || set -- "${ALL[@]}"
for image; do dockerfile "$image" > /dev/null; done
engine=$(engine)
tag=${TAG:-$(awk -F'"' '/^version = / {print $2; exit}' pyproject.toml)}
ca=$(ca_bundle)
secrets=$(mktemp -d)
trap 'rm -rf "$secrets"' EXIT
pip_conf > "$secrets/pip.conf"
for image; do build "$image"; done
