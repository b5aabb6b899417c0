"""`stockfeed verify`: proves that a feed is complete over a time range, or reports what is missing.

Each stage is compared with the one before it: the broker's log, the objects in the bucket, the
intervals in the ledger, the rows in raw, the quotes in silver, the candles in gold. Each stage has
a module with two kinds of functions: `read_*` do I/O, `check_*` are pure functions of what was
read.
"""
