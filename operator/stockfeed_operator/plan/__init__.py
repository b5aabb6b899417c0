"""From the observed state of a feed to its desired state, and applying the difference."""
