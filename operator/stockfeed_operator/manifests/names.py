"""Names of a feed's objects.

Feed names have at most 40 characters and group names 30, so every name fits the limit of its kind
(52 characters for a CronWorkflow, 63 for a Workflow). The names of two feeds such as `a` and `a-b`
can collide. The ownership check before an apply then leaves the object to the feed that owns it.
"""


def producer(feed: str, group: str) -> str:
    """Returns the name of the group's producer Deployment."""
    return f"{feed}-{group}-producer"


def consumer(feed: str, group: str) -> str:
    """Returns the name of the group's consumer Deployment and its PodDisruptionBudget."""
    return f"{feed}-{group}-consumer"


def pods(feed: str) -> str:
    """Returns the name of the roles' ServiceAccount, the NetworkPolicy and the PodMonitor."""
    return feed


def shares(feed: str) -> str:
    """Returns the name of the ConfigMap with the groups' shares of the request budget."""
    return f"{feed}-shares"


def load(feed: str) -> str:
    """Returns the name of the load's CronWorkflow, its ServiceAccount and its RoleBinding."""
    return f"{feed}-load"


def final_load(feed: str, stop: int) -> str:
    """Returns the name of the Workflow that runs the last load of a stop.

    Args:
        feed: the feed's name.
        stop: start of the stop in Unix seconds; every stop has its own last load.
    """
    # The time makes the name unique: Argo never runs a Workflow of the same name again.
    return f"{feed}-last-load-{stop}"


def replay(feed: str) -> str:
    """Returns the name of the WorkflowTemplate that loads a range again."""
    return f"{feed}-replay"


def rebuild(feed: str) -> str:
    """Returns the name of the WorkflowTemplate that rebuilds a model."""
    return f"{feed}-rebuild"


def verify(feed: str) -> str:
    """Returns the name of the WorkflowTemplate that verifies completeness."""
    return f"{feed}-verify"


def trace(feed: str) -> str:
    """Returns the name of the WorkflowTemplate that traces a quote through all stages."""
    return f"{feed}-trace"


def daily(feed: str) -> str:
    """Returns the name of the CronWorkflow that tests complete tables and verifies completeness."""
    return f"{feed}-daily"


def mutex(feed: str) -> str:
    """Returns the name of the mutex that serialises the feed's Workflows."""
    return f"stockfeed-{feed}"
