"""Series that are not exported by us, and where each is documented; the catalogue has ours.

A test holds every dashboard's metrics against the catalogue and this list.
"""

from typing import Final

# docs/metrics.md of Argo Workflows 4.1, and util/telemetry/metrics_list.go for the exact names.
ARGO_TRIGGERED: Final = "argo_workflows_cronworkflows_triggered_total"
ARGO_SUPPRESSED: Final = "argo_workflows_cronworkflows_concurrencypolicy_triggered"
ARGO_WORKFLOWS: Final = "argo_workflows_gauge"
ARGO_QUEUE_DEPTH: Final = "argo_workflows_queue_depth_gauge"

# docs/metrics/workload/pod-metrics.md of kube-state-metrics.
POD_RESTARTS: Final = "kube_pod_container_status_restarts_total"

# docs/storage/prometheus.md of cAdvisor; the kubelet serves them.
CPU: Final = "container_cpu_usage_seconds_total"
MEMORY: Final = "container_memory_working_set_bytes"

# Strimzi's metrics reporter: the default allow-list of KafkaCluster.java, and the names that its
# own dashboards in packaging/examples/metrics/strimzi-metrics-reporter use (Strimzi 1.2).
KAFKA_MESSAGES_IN: Final = "kafka_server_brokertopicmetrics_messagesinpersec_total"
KAFKA_LOG_SIZE: Final = "kafka_log_log_size"
KAFKA_UNDER_REPLICATED: Final = "kafka_server_replicamanager_underreplicatedpartitions"
KAFKA_UNDER_MIN_ISR: Final = "kafka_cluster_partition_underminisr"
KAFKA_OFFLINE: Final = "kafka_controller_kafkacontroller_offlinepartitionscount"

# Recorded by rules/recording/*.yaml of the same chart, with `rules.enabled`.
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
