"""`stockfeed replay`: loads a range of landed quotes again, into a side table."""
