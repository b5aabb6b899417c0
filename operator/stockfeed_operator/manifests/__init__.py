"""Pure builders of Kubernetes manifests from a feed, without I/O."""
