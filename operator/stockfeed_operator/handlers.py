"""The kopf handlers: each watch event of a feed or of its objects wakes that feed's loop.

Only `@kopf.on.event` handlers are used. Unlike kopf's other handlers, they store no state in
annotations and add no finalizer; the ordered stop manages its own finalizer. If a kind's CRD is
missing, kopf logs a warning and starts watching once the CRD is installed.
"""

from collections.abc import Mapping
from typing import Any, Final

import kopf

from stockfeed_operator.kube.kinds import FEED, MANAGED
from stockfeed_operator.manifests.metadata import FEED_LABEL
from stockfeed_operator.wakeups import Wakeups

# Load balancers in front of API servers close idle connections; reconnect before they do.
_WATCH_SECONDS: Final = 240


def build_registry(wakeups: Wakeups) -> kopf.OperatorRegistry:
    """Creates a kopf registry with the operator's handlers.

    Args:
        wakeups: receives a wake-up for each event.
    """
    registry = kopf.OperatorRegistry()
    # Lost on a restart: the first event of each feed then counts as a change, which costs
    # reconciles but misses nothing.
    versions: dict[tuple[str, str], tuple[Any, ...]] = {}

    # `OperatorRegistry`, unlike kopf's default registry, comes without login handlers.
    @kopf.on.login(registry=registry)
    def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.startup(registry=registry)
    async def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure_kopf(settings)

    @kopf.on.event(FEED.group, FEED.version, FEED.plural, registry=registry)
    async def feed_event(
        namespace: str | None,
        name: str,
        type: str | None,  # noqa: A002 - kopf passes it by this name
        meta: Mapping[str, Any],
        **_: Any,
    ) -> None:
        namespace = namespace or ""  # None only for cluster-scoped kinds, which a feed is not
        wakeups.wake((namespace, name))
        version = (meta.get("generation"), meta.get("deletionTimestamp"), type == "DELETED")
        # A changed spec may affect other feeds in the namespace, which share API keys and warehouse
        # targets; a changed status cannot.
        if versions.get((namespace, name)) != version:
            versions[namespace, name] = version
            wakeups.wake_namespace(namespace)
        if type == "DELETED":
            # The key exists: a deletion differs from every version that was stored before.
            del versions[namespace, name]

    async def owned_event(namespace: str | None, labels: Mapping[str, str], **_: Any) -> None:
        wakeups.wake((namespace or "", labels[FEED_LABEL]))

    for kind in MANAGED:
        watch = kopf.on.event(
            kind.group,
            kind.version,
            kind.plural,
            id=f"owned-{kind.plural}",
            labels={FEED_LABEL: kopf.PRESENT},
            registry=registry,
        )
        watch(owned_event)

    @kopf.on.cleanup(registry=registry)
    async def close(**_: Any) -> None:
        await wakeups.close()

    return registry


def configure_kopf(settings: kopf.OperatorSettings) -> None:
    """Restricts kopf to watching feeds and objects that have the feed label."""
    # kopf would post its log messages about an object as Events; the operator records its own.
    settings.posting.enabled = False
    # docs/decisions/0007: a Lease elects the leader before kopf starts.
    settings.peering.standalone = True
    # kopf keeps one task for each object until 5 s after its last event (queueing.idle_timeout).
    # Without a limit, the first list of a kind starts as many tasks as there are objects.
    settings.queueing.worker_limit = 32
    settings.watching.server_timeout = _WATCH_SECONDS
    # Longer than the server's, so it ends only watches whose connection was lost unnoticed.
    settings.watching.client_timeout = _WATCH_SECONDS + 30
    for kind in MANAGED:
        # kopf applies a handler's `labels` only after receiving every object of the kind. A label
        # selector makes the API server filter them.
        settings.watching.label_selectors[kind.group, kind.version, kind.plural] = FEED_LABEL
