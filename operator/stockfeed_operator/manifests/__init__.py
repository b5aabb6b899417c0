"""Pure builders: each gives the manifests of one kind or idea, from the feed alone, without I/O."""
