"""`stockfeed demo`: runs the pipeline on one machine and checks that the result is exact."""
