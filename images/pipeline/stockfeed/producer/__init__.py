"""`stockfeed producer`: polls a quote API on schedule and publishes each new quote to Kafka."""
