"""`stockfeed trace`: one event's whole way, from its poll to the candles that count it.

The event is looked for where most of them are, in the warehouse; then in objects that are landed
and not loaded; then in Kafka. What is found there waits at that stage.
"""
