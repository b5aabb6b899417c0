"""The `stockfeed producer` role: polls a quote API and publishes new quotes to Kafka."""
