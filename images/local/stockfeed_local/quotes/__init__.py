"""A quote server with Finnhub's API, its rate limits, and faults on request.

It plays a tape of real bars, or serves a random walk. `python -m stockfeed_local.quotes --help`
lists its options.
"""
