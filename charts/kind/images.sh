# shellcheck shell=bash
# Our images: built with the engine that kind runs on, and carried into the node. Sourced, not run.

IMAGES=(operator pipeline dbt local)
VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/pyproject.toml")

# Without attestations, which hold the time: the same sources would never be the same image.
build_images() { BUILDX_NO_DEFAULT_ATTESTATIONS=1 ENGINE=$ENGINE "$ROOT/images/build.sh"; }

# The tag of an image on kind: its version and content. So a rebuilt image is a new tag, and helm and
# the operator roll out what changed and nothing else.
tag_of() {
  local id
  id=$("$ENGINE" image inspect --format '{{.Id}}' "docker.io/stockfeed/$1:$VERSION")
  id=${id#sha256:}
  printf '%s-%s\n' "$VERSION" "${id:0:12}"
}

load_image() {
  local built=docker.io/stockfeed/$1:$VERSION tagged archive
  tagged=docker.io/stockfeed/$1:$(tag_of "$1")
  if "$ENGINE" exec "$CLUSTER-control-plane" crictl inspecti "$tagged" >/dev/null 2>&1; then
    return
  fi
  say "Loading $tagged into the node"
  archive=$(mktemp -d)
  "$ENGINE" tag "$built" "$tagged"
  "$ENGINE" save --output "$archive/image.tar" "$tagged"
  kind load image-archive "$archive/image.tar" --name "$CLUSTER"
  "$ENGINE" rmi "$tagged" >/dev/null
  rm -r "$archive"
}
