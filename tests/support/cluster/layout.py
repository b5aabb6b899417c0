"""Where the cluster lies: its directories and its addresses.

The node has a network namespace of its own, and all of its addresses are in 198.18.0.0/15,
which RFC 2544 keeps for benchmarks and nobody routes: no host's network is in the way. The
host reaches node, pods and Services by one route to that block; the node has none to the
outside.
"""

import os
from pathlib import Path

from support.tools import cache

SOURCE = Path(__file__).parent
CACHE = cache.CACHE / "cluster"

# On the host; inside the node it is /var, so that nothing of the host's /var is touched.
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
