"""Access to the Kubernetes API: protocol, client, kinds, object comparison and leader election."""
