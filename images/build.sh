#!/usr/bin/env bash
# Builds StockFeed's images: all of them, or those that are named.
#   images/build.sh [operator|pipeline|dbt|local]...
# By environment:
#   ENGINE   docker, podman or buildah; without it, the first that works
#   BASE     another base image; without it, the one that the Dockerfiles pin
#   TAG      without it, the version in pyproject.toml
#   PREFIX   of the images' names; without it, docker.io/stockfeed
#   SOURCE   address of the sources, for the label of that name
# Prints the names of what it built.
# pip in the build uses the host's CA bundle and index settings. They are mounted for its steps
# alone, and are in no layer.
set -euo pipefail
cd "$(dirname "$0")/.."

ALL=(operator pipeline dbt local)
PREFIX=${PREFIX:-docker.io/stockfeed}

fail() { echo "images/build.sh: $*" >&2; exit 1; }

works() {
  case $1 in
    docker) docker info > /dev/null 2>&1 ;; # a client without a daemon builds nothing
    *) "$1" --version > /dev/null 2>&1 ;;
  esac
}

engine() {
  local candidate
  for candidate in ${ENGINE:-docker podman buildah}; do
    case $candidate in
      docker | podman | buildah) ;;
      *) fail "ENGINE is '$candidate'; it can be docker, podman or buildah" ;;
    esac
    if works "$candidate"; then echo "$candidate"; return; fi
  done
  fail "none of these works here: ${ENGINE:-docker, podman, buildah}. Install one, or start Docker"
}

dockerfile() {
  case $1 in
    operator) echo operator/Dockerfile ;;
    pipeline | dbt | local) echo "images/$1/Dockerfile" ;;
    *) fail "there is no image '$1'; there are: ${ALL[*]}" ;;
  esac
}

# The host's settings of pip that are about its index, as a pip.conf; the first of a name counts.
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
    # Layers are kept for the next build, and files are dated by the commit.
    podman | buildah) options+=(--layers ${SOURCE_DATE_EPOCH:+--timestamp "$SOURCE_DATE_EPOCH"}) ;;
  esac
  echo "$engine builds $PREFIX/$image:$tag from $file, base ${BASE:-as pinned}" >&2
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
