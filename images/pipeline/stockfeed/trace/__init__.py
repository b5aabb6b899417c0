"""`stockfeed trace`: shows one event at every stage, from its poll to the candles that count it.

The event is searched for where most events are: first in Snowflake, then in objects that are landed
but not loaded, then in Kafka. An event that is found in one of the last two waits at that stage.
"""
