"""A quote API like Finnhub's: a tape of real bars, or a random walk, with limits and faults.

`python -m stockfeed_local.quotes --help` says how to start it.
"""
