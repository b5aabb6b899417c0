"""The Kubernetes API: a protocol and its client, resource kinds, comparison, leader election."""
