"""Launchers for the services that the pipeline needs: Kafka, S3, Snowflake and a quote API.

Each service is a context manager with `start()`, `stop()` and `endpoint`. It listens on free ports
of the loopback interface only, logs to a directory that the caller chooses, and dies with the
process that started it, even if that process is killed.
"""
