"""`stockfeed consumer`: lands a topic's messages as an unbroken chain of objects."""
