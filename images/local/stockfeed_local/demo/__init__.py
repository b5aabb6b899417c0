"""`stockfeed demo`: the whole pipeline on one machine, and the check that its result is exact."""
