"""The cluster's directories and addresses.

The node has its own network namespace, with addresses in 198.18.0.0/15 only. RFC 2544 reserves that
block for benchmarks and nobody routes it, so it conflicts with no host's network. The host reaches
the node, pods and Services through one route to the block; the node has no route to the outside.
"""

import os
from pathlib import Path

from support.tools import cache

SOURCE = Path(__file__).parent
CACHE = cache.CACHE / "cluster"

# On the host; it is /var inside the node, so the host's own /var stays untouched.
STATE = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "stockfeed/cluster"
NODE_STATE = Path("/var")
KUBECONFIG = STATE / "kubeconfig"
LOGS = STATE / "log"

NODE_NAME = "stockfeed"
CLUSTER_BLOCK = "198.18.0.0/15"
HOST_IP = "198.18.0.1"
NODE_IP = "198.18.0.2"
NODE_PREFIX = 30
SERVICE_BLOCK = "198.19.0.0/16"
FIRST_SERVICE_IP = "198.19.0.1"  # the API server's own Service
DNS_IP = "198.19.0.10"
API_PORT = 6443
API_URL = f"https://{NODE_IP}:{API_PORT}"

CGROUP = "stockfeed-cluster"
HOST_LINK = "stockfeed0"
