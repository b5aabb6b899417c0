"""`stockfeed replay`: loads a range of landed quotes again, into a side table.

It uses the loader's parts for staging and copying, but no other state of the loader: positions and
ledger stay as they are.
"""
