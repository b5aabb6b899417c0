"""The `stockfeed consumer` role: lands a topic's messages as an unbroken chain of objects."""
