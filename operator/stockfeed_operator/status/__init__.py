"""A feed's status and Events, computed from an observation and a plan."""
