"""Decisions: observes a feed, plans the next step, builds the desired state and applies it."""
