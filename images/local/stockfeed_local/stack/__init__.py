"""Launchers of the services that the pipeline needs around it on one machine.

Each service is a context manager with `start()`, `stop()` and `endpoint`. It listens on loopback
only, on free ports, logs into a directory of the caller's, and dies with the process that
started it, even if that one is killed.
"""
