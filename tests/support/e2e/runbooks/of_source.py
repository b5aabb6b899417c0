"""Outages of the quote API, and of what a spec says of it."""

from support.e2e.feeds import group, key_secret, source
from support.e2e.kube import Manifest
from support.e2e.runbooks.outage import EACH_MINUTE, NO_LOADS, Outage, control
from support.e2e.sessions import in_seconds, session_ending


class Answers(Outage):
    """Answers about three of four symbols are bad."""

    alerts = ("StockFeedApiRateLimited", "StockFeedAnswersRejected")

    def resource(self) -> Manifest:
        for kind, symbol in (("429", "GOOG"), ("429", "MSFT"), ("zeros", "IBM")):
            order = {"kind": kind, "symbol": symbol, "count": 1_000_000}
            control(self.ward.server, "fault", order, "POST")
        groups = [group("only", ["AAPL", "GOOG", "IBM", "MSFT"])]
        return self.small(symbolGroups=groups, warehouse=NO_LOADS)

    def repair(self) -> None:
        control(self.ward.server, "fault", None, "DELETE")


class Key(Outage):
    """The API does not know the key; so nothing ever comes."""

    alerts = (
        "StockFeedApiRejecting",
        "StockFeedStale",
        "StockFeedFreshnessBurnFast",
        "StockFeedFreshnessBurnSlow",
    )
    component = "producer"
    ends = frozenset({"StockFeedStale"})

    def resource(self) -> Manifest:
        return self.small(self.ward.strict, warehouse=EACH_MINUTE)

    def repair(self) -> None:
        self.ward.kube.apply(key_secret(self.feed.name, "valid"))


class Market(Outage):
    """The market is open, and the API's quotes are years old, as a tape's are."""

    alerts = ("StockFeedSourceStale",)

    def resource(self) -> Manifest:
        return self.small(warehouse=NO_LOADS, session=session_ending(in_seconds(7200)))


class Spec(Outage):
    """A time zone that nobody has; the API server cannot know."""

    alerts = ("StockFeedInvalid",)
    ends = frozenset(alerts)

    def resource(self) -> Manifest:
        return self._in_zone("America/Nowhere")

    def repair(self) -> None:
        self.feed.apply(self._in_zone("America/New_York"))

    def _in_zone(self, name: str) -> Manifest:
        base_url = self.ward.server.base_url
        zoned = source(self.feed.name, base_url, exchangeTimezone=name)
        return self.small(warehouse=NO_LOADS, source=zoned)
