"""What the parts of StockFeed agree on, written once and imported by each side.

The operator sets what the pods read, the consumer writes what the loader loads, the loader fills
what dbt builds from: every name that crosses such a border stands in this package. It imports
nothing else of ours.
"""
