"""The HTTP endpoints of every pod: probes, metrics, and the consumer's word that it is drained."""

from typing import Final

HTTP_PORT: Final = 8080
HTTP_PORT_NAME: Final = "http"

HEALTHZ: Final = "/healthz"
"""200 while the process makes progress, else 503; the body says why."""

READYZ: Final = "/readyz"
"""200 while the process does its work, else 503; the body says why not."""

METRICS: Final = "/metrics"

STATUS: Final = "/status"
"""The bodies of all that answer with JSON, by path, and always 200: `kubectl get --raw` shows no
body with another status."""

DRAINED: Final = "/drained"
"""Consumer only. 200 when its lag is 0 and nothing is buffered, else 503 with what is left.

Body, either way: `{"drained": bool, "lag": int, "buffered": int, "partitions": [int]}`; lag and
buffered count messages, partitions are those that this replica owns: a group is drained when its
replicas are and every partition is owned by one of them.
"""

TERMINATION_LOG: Final = "/dev/termination-log"
"""Where a role that fails writes why (at most 4096 bytes), for Kubernetes and Argo to show."""
