"""`stockfeed build`: runs dbt on the batches that were loaded since the last build."""
