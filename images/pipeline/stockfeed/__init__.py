"""StockFeed's pipeline roles: producer, consumer, loader and build."""

from importlib.metadata import version

__version__ = version("stockfeed")
