"""Names and formats shared by StockFeed's components.

The operator sets environment variables that the pods read, the consumer writes objects that the
loader reads, and the loader fills tables that dbt reads. Every name used on both sides is defined
here once. This package imports no other StockFeed code; import-linter checks that.
"""
