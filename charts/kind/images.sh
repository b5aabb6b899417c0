# shellcheck shell=bash
# Builds StockFeed's images with the engine that kind uses, and loads them into the node.
# Sourced, not run.

IMAGES=(operator pipeline dbt local)
VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ROOT/pyproject.toml")

# Attestations contain a timestamp, so with them the same sources would never give the same image.
build_images() { BUILDX_NO_DEFAULT_ATTESTATIONS=1 ENGINE=$ENGINE "$ROOT/images/build.sh"; }

# Prints the tag of an image on kind, which contains its version and content id: a changed image gets
# a new tag, so that helm and the operator roll out changed images only.
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
