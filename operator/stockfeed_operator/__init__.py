"""The kopf operator that reconciles StockFeed resources."""
