"""`stockfeed loader`: loads new objects into Snowflake, each exactly once and in order.

`plan` decides what to load next from each partition's position and its chain of objects. `batch`
stages objects under a unique path and loads them in one transaction, which updates the lock row
first and then reads the positions again. A killed loader therefore leaves nothing visible behind,
and two concurrent loaders cannot load an object twice.
"""
