"""One look at one feed: what is, what should be, and the step between.

Level-based: nothing is kept between two looks, so it does not matter which event led here, or
whether another process took the look before.
"""

from collections.abc import Callable
from datetime import datetime

from stockfeed_operator.api import Cluster
from stockfeed_operator.autoscaling import autoscaled_groups
from stockfeed_operator.build.installation import Installation
from stockfeed_operator.converge import apply, prune
from stockfeed_operator.desired import desired
from stockfeed_operator.kinds import Key
from stockfeed_operator.landing import ask
from stockfeed_operator.observe import observe
from stockfeed_operator.outcome import GONE, Outcome, outcome_of
from stockfeed_operator.plan import intent_of, make_plan
from stockfeed_operator.report import (
    hold,
    is_released,
    refuse,
    release,
    report,
    stand_aside,
    tell_repair,
)
from stockfeed_operator.status import status_of
from stockfeed_operator.validate import InvalidFeedError


def reconcile(
    cluster: Cluster,
    installation: Installation,
    namespace: str,
    name: str,
    now: datetime,
    count_repair: Callable[[Key], None],
) -> Outcome:
    """Takes the feed one step closer to what its spec asks for.

    Args:
        cluster: where the feed lives.
        installation: what the operator gives to every feed.
        namespace: the feed's namespace.
        name: the feed's name.
        now: the time.
        count_repair: told of each object that was put back after somebody else had changed it.

    Raises:
        ClusterError: the cluster does not answer, or refuses; look again later.
    """
    now = now.replace(microsecond=0)  # as Kubernetes keeps times
    seen = observe(cluster, namespace, name)
    if seen is None or is_released(seen):
        return GONE
    if isinstance(seen.feed, InvalidFeedError):
        return refuse(cluster, seen, seen.feed, now)
    if seen.paused:
        return stand_aside(cluster, seen, seen.feed, now)
    feed = seen.feed
    hold(cluster, seen)

    intent = intent_of(feed, seen, now)
    landings = ask(cluster, feed, seen, intent.stopping, now)
    plan = make_plan(feed, seen, intent, landings, now)
    wanted = desired(feed, plan, installation, autoscaled_groups(feed, seen))

    def repaired(key: Key) -> None:
        count_repair(key)
        tell_repair(cluster, seen, key)

    applied = apply(cluster, seen, wanted, repaired)
    status = status_of(feed, seen, plan, applied.problems, now)
    reported = report(cluster, seen, status)
    # Only now: what is deleted can no longer be asked, so the status must know its answer.
    pruned = prune(cluster, seen, wanted)
    if plan.finished:
        release(cluster, seen)
    return outcome_of(feed, plan, status, applied, now, changed=reported or bool(pruned))
