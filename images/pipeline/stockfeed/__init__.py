"""StockFeed's pipeline: the roles producer, consumer, loader, build, replay, verify and trace."""

from importlib.metadata import version

__version__ = version("stockfeed")
