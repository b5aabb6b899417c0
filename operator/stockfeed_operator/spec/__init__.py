"""The StockFeed resource: model, CustomResourceDefinition and validation."""
