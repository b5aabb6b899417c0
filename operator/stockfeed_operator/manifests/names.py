"""Names of a feed's objects.

Feeds have at most 40 characters and groups 30, so every name fits its kind (52 for a CronWorkflow,
63 for a Workflow). Two feeds such as `a` and `a-b` can still come to one name; the check of
ownership before an apply then leaves it to the feed that has it.
"""


def producer(feed: str, group: str) -> str:
    """The group's producer Deployment."""
    return f"{feed}-{group}-producer"


def consumer(feed: str, group: str) -> str:
    """The group's consumer Deployment, and its PodDisruptionBudget."""
    return f"{feed}-{group}-consumer"


def pods(feed: str) -> str:
    """The ServiceAccount of producers and consumers, the NetworkPolicy, the PodMonitor."""
    return feed


def shares(feed: str) -> str:
    """The ConfigMap with the groups' shares of the API key's budget."""
    return f"{feed}-shares"


def load(feed: str) -> str:
    """The CronWorkflow, its pods' ServiceAccount, and that one's RoleBinding."""
    return f"{feed}-load"


def final_load(feed: str, stop: int) -> str:
    """The Workflow that loads what a stop left behind.

    Args:
        feed: the feed's name.
        stop: Unix seconds at which the stop began; another stop has another last load.
    """
    return f"{feed}-last-load-{stop}"


def replay(feed: str) -> str:
    """The WorkflowTemplate that loads a range again."""
    return f"{feed}-replay"


def rebuild(feed: str) -> str:
    """The WorkflowTemplate that makes a model anew."""
    return f"{feed}-rebuild"


def verify(feed: str) -> str:
    """The WorkflowTemplate that proves completeness."""
    return f"{feed}-verify"


def trace(feed: str) -> str:
    """The WorkflowTemplate that shows a quote's way."""
    return f"{feed}-trace"


def daily(feed: str) -> str:
    """The CronWorkflow that tests whole tables and proves completeness."""
    return f"{feed}-daily"


def mutex(feed: str) -> str:
    """What keeps the feed's Workflows apart from each other."""
    return f"stockfeed-{feed}"
