"""Outages of the quote API, and of the spec's description of it."""

from support.e2e.feeds import group, key_secret, source
from support.e2e.kube import Manifest
from support.e2e.runbooks.outage import EACH_MINUTE, NO_LOADS, Outage, control
from support.e2e.sessions import in_seconds, session_ending


class Answers(Outage):
    """The API's responses for three of four symbols are errors or invalid."""

    alerts = ("StockFeedApiRateLimited", "StockFeedAnswersRejected")

    def resource(self) -> Manifest:
        for kind, symbol in (("429", "GOOG"), ("429", "MSFT"), ("zeros", "IBM")):
            order = {"kind": kind, "symbol": symbol, "count": 1_000_000}
            control(self.testbed.server, "fault", order, "POST")
        groups = [group("only", ["AAPL", "GOOG", "IBM", "MSFT"])]
        return self.small(symbolGroups=groups, warehouse=NO_LOADS)

    def repair(self) -> None:
        control(self.testbed.server, "fault", None, "DELETE")


class Key(Outage):
    """The API rejects the key, so no quote ever arrives."""

    alerts = (
        "StockFeedApiRejecting",
        "StockFeedStale",
        "StockFeedFreshnessBurnFast",
        "StockFeedFreshnessBurnSlow",
    )
    component = "producer"
    resolved_by_repair = frozenset({"StockFeedStale"})

    def resource(self) -> Manifest:
        return self.small(self.testbed.strict, warehouse=EACH_MINUTE)

    def repair(self) -> None:
        self.testbed.kube.apply(key_secret(self.feed.name, "valid"))


class Market(Outage):
    """The market is open, but the API's quotes are years old, as a tape's are."""

    alerts = ("StockFeedSourceStale",)

    def resource(self) -> Manifest:
        return self.small(warehouse=NO_LOADS, session=session_ending(in_seconds(7200)))


class Spec(Outage):
    """The spec names a time zone that does not exist, which the API server cannot detect."""

    alerts = ("StockFeedInvalid",)
    resolved_by_repair = frozenset(alerts)

    def resource(self) -> Manifest:
        return self._in_zone("America/Nowhere")

    def repair(self) -> None:
        self.feed.apply(self._in_zone("America/New_York"))

    def _in_zone(self, name: str) -> Manifest:
        base_url = self.testbed.server.base_url
        zoned = source(self.feed.name, base_url, exchangeTimezone=name)
        return self.small(warehouse=NO_LOADS, source=zoned)
