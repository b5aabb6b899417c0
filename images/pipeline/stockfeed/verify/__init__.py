"""`stockfeed verify`: proof that a feed is complete over a range of time, or what is missing.

Each stage is read on its own and compared with the one before: the broker's log, the objects in
the bucket, the ledger's intervals, the rows in raw, the identities in silver, the candles in gold.
Reading and comparing are separate: `read_*` ask, `check_*` are functions of what was read.
"""
