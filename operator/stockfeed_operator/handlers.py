"""What kopf is told to watch: feeds, and what belongs to feeds. All that happens is a wake-up.

Plain event handlers keep no state on the objects, put no finalizer on them and write nothing; the
ordered stop has a finalizer of its own. A kind whose CRD is missing gets a warning at the start and
is watched as soon as its CRD is there.
"""

from collections.abc import Mapping
from typing import Any, Final

import kopf

from stockfeed_operator.kube.kinds import FEED, MANAGED
from stockfeed_operator.manifests.metadata import FEED_LABEL
from stockfeed_operator.wakeups import Wakeups

# Shorter than what load balancers in front of API servers allow a quiet connection.
_WATCH_SECONDS: Final = 240


def registry_of(wakeups: Wakeups) -> kopf.OperatorRegistry:
    """The handlers.

    Args:
        wakeups: the feeds' loops.
    """
    registry = kopf.OperatorRegistry()
    versions: dict[tuple[str, str], tuple[Any, ...]] = {}

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
        type: str | None,  # noqa: A002 - kopf's name
        meta: Mapping[str, Any],
        **_: Any,
    ) -> None:
        namespace = namespace or ""  # feeds have one; kopf knows kinds that have none
        wakeups.wake((namespace, name))
        version = (meta.get("generation"), meta.get("deletionTimestamp"), type == "DELETED")
        # A status is nobody else's business, but a spec may change its neighbours' shares.
        if versions.get((namespace, name)) != version:
            versions[namespace, name] = version
            wakeups.wake_namespace(namespace)
        if type == "DELETED":
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
    """Keeps kopf to watching, and that to what belongs to feeds: a cluster has many others."""
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.queueing.worker_limit = 32
    settings.watching.server_timeout = _WATCH_SECONDS
    settings.watching.client_timeout = _WATCH_SECONDS + 30
    for kind in MANAGED:
        # A handler's own labels are looked at only here, after every object has come over the wire.
        settings.watching.label_selectors[kind.group, kind.version, kind.plural] = FEED_LABEL
