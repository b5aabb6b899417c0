"""Metrics exported by other projects, each with the document that defines it.

StockFeed's own metrics are in `stockfeed.contract.metrics`. A test checks that every metric of a
dashboard is in that catalogue or in this list.
"""

from typing import Final

# Argo Workflows 4.1, docs/metrics.md; util/telemetry/metrics_list.go has the exact names.
ARGO_TRIGGERED: Final = "argo_workflows_cronworkflows_triggered_total"
ARGO_SUPPRESSED: Final = "argo_workflows_cronworkflows_concurrencypolicy_triggered"
ARGO_WORKFLOWS: Final = "argo_workflows_gauge"
ARGO_QUEUE_DEPTH: Final = "argo_workflows_queue_depth_gauge"

# kube-state-metrics, docs/metrics/workload/pod-metrics.md.
POD_RESTARTS: Final = "kube_pod_container_status_restarts_total"

# cAdvisor, docs/storage/prometheus.md; exported by the kubelet.
CPU: Final = "container_cpu_usage_seconds_total"
MEMORY: Final = "container_memory_working_set_bytes"

# Strimzi's metrics reporter (Strimzi 1.2): the default allow-list in KafkaCluster.java, with the
# names used by its dashboards in packaging/examples/metrics/strimzi-metrics-reporter.
KAFKA_MESSAGES_IN: Final = "kafka_server_brokertopicmetrics_messagesinpersec_total"
KAFKA_LOG_SIZE: Final = "kafka_log_log_size"
KAFKA_UNDER_REPLICATED: Final = "kafka_server_replicamanager_underreplicatedpartitions"
KAFKA_UNDER_MIN_ISR: Final = "kafka_cluster_partition_underminisr"
KAFKA_OFFLINE: Final = "kafka_controller_kafkacontroller_offlinepartitionscount"

# Recorded by rules/recording/*.yaml of the same chart, if `rules.enabled` is set.
LATE_HOUR: Final = "stockfeed:feed_late:ratio1h"
INCOMPLETE_HOUR: Final = "stockfeed:feed_incomplete:ratio1h"

METRICS: Final = (
    ARGO_TRIGGERED,
    ARGO_SUPPRESSED,
    ARGO_WORKFLOWS,
    ARGO_QUEUE_DEPTH,
    POD_RESTARTS,
    CPU,
    MEMORY,
    KAFKA_MESSAGES_IN,
    KAFKA_LOG_SIZE,
    KAFKA_UNDER_REPLICATED,
    KAFKA_UNDER_MIN_ISR,
    KAFKA_OFFLINE,
)
