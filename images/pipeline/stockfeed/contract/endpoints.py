"""HTTP endpoints served by every pod: probes, metrics, and the consumer's drain state."""

from typing import Final

ALL_INTERFACES: Final = "::"
"""Default address to listen on: all interfaces, IPv4 and IPv6."""

ALL_INTERFACES_IPV4: Final = "0.0.0.0"  # noqa: S104 - pods are probed and scraped from outside

HTTP_PORT: Final = 8080
HTTP_PORT_NAME: Final = "http"

HEALTHZ: Final = "/healthz"
"""Liveness: 200 while the process makes progress, else 503."""

READYZ: Final = "/readyz"
"""Readiness: 200 while the process does its work, else 503 with the reasons in the body."""

METRICS: Final = "/metrics"

STATUS: Final = "/status"
"""The bodies of all JSON endpoints by path. Always 200, because `kubectl get --raw` does not print
the body of an error response."""

DRAINED: Final = "/drained"
"""Consumer only: 200 if its lag is 0 and nothing is buffered, else 503.

The body is `{"drained": bool, "lag": int, "buffered": int, "partitions": [int]}`. `lag` and
`buffered` count messages; `partitions` are those assigned to this replica. A group is drained when
all its replicas are drained and together own every partition.
"""

TERMINATION_LOG: Final = "/dev/termination-log"
"""File for a failing role's reason, at most 4096 bytes; Kubernetes and Argo display it."""
