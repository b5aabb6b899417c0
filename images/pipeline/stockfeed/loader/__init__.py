"""The loader: new objects of the raw zone into Snowflake, each exactly once and in order.

What is next follows from each partition's position and the chain of its objects (`plan`). A batch
is staged under a path of its own and loaded in one transaction that updates the lock row first
and reads the positions again (`batch`), so a killed loader leaves nothing behind that counts, and
two loaders at once cannot load an object twice.
"""
