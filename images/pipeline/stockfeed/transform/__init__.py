"""`stockfeed build`: runs dbt on what the load before it loaded."""
