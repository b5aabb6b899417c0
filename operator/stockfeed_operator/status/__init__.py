"""A feed's status: conditions and fields computed from an observation and a plan, and Events."""
