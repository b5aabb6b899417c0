"""The StockFeed resource: its model, its CustomResourceDefinition, and its validation."""
