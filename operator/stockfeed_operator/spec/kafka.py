"""Kafka settings of a feed: cluster, topics, TLS and authentication."""

from typing import Annotated, Literal

from pydantic import Field

from stockfeed_operator.spec.fields import Model, Retention, SecretKey, SecretName, SecretRef
from stockfeed_operator.spec.rules import Rule, TransitionRule, immutable


class CaRef(Model):
    """CA certificates in a Secret in the feed's namespace."""

    name: SecretName
    """Name of the Secret."""
    key: SecretKey = "ca.crt"
    """Key in the Secret that holds the CA certificates in PEM format. Default: ca.crt."""


class ClientCertificateRef(Model):
    """A client certificate in a Secret in the feed's namespace."""

    name: SecretName
    """Name of the Secret, e.g. the one that Strimzi creates for a KafkaUser."""
    certificate: SecretKey = "user.crt"
    """Key in the Secret that holds the certificate in PEM format. Default: user.crt, as Strimzi
    writes it; cert-manager uses tls.crt."""
    key: SecretKey = "user.key"
    """Key in the Secret that holds the private key in PEM format. Default: user.key, as Strimzi
    writes it; cert-manager uses tls.key."""


class KafkaTls(Model):
    """TLS for connections to the brokers. An empty object enables it."""

    ca_secret_ref: CaRef | None = None
    """CA certificates that sign the brokers' certificates. If omitted: with `cluster`, the Secret
    `<cluster>-cluster-ca-cert` that Strimzi creates; otherwise the CAs of the container image."""
    client_certificate_secret_ref: ClientCertificateRef | None = None
    """Client certificate for mutual TLS. If omitted, the pods present no certificate."""


class KafkaSasl(Model):
    """SASL authentication with user name and password."""

    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    """SASL mechanism. Default: SCRAM-SHA-512, which Strimzi uses for a KafkaUser."""
    username: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """User name. If omitted, it is read from the key `username` of the Secret. Set it for a
    KafkaUser, whose Secret contains only the password; the user has the KafkaUser's name."""
    credentials_secret_ref: SecretRef
    """Secret with the key `password` and, unless `username` is set here, the key `username`."""


class Kafka(Model):
    """The Kafka cluster and the feed's topics in it."""

    rules = (
        Rule(
            "has(self.cluster) != has(self.bootstrapServers)",
            "set exactly one of cluster (a Strimzi cluster in this namespace) and "
            "bootstrapServers (any other Kafka cluster)",
            lambda kafka: (kafka.cluster is None) != (kafka.bootstrap_servers is None),
        ),
    )

    cluster: (
        Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")] | None
    ) = None
    """Name of a Strimzi `Kafka` resource in the feed's namespace. The operator creates the topics
    as `KafkaTopic` resources of this cluster. Set either this or `bootstrapServers`."""
    bootstrap_servers: (
        Annotated[str, Field(max_length=1024, pattern=r"^[^\s,:]+:[0-9]+(,[^\s,:]+:[0-9]+)*$")]
        | None
    ) = None
    """Comma-separated `host:port` addresses of a Kafka cluster that Strimzi does not manage in this
    namespace. The topics must exist already, because the operator creates none there. Set either
    this or `cluster`."""
    topic_prefix: Annotated[
        str,
        Field(max_length=100, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"),
        immutable(
            "kafka.topicPrefix cannot change, because quotes in the old topics would be stranded; "
            "create a new feed with the new prefix and delete this one"
        ),
    ] = "stock-quotes"
    """First part of topic names, which are `<topicPrefix>.<feed>.<group>`. Immutable. Default:
    stock-quotes."""
    partitions: Annotated[
        int,
        Field(ge=1, le=100),
        TransitionRule(
            "self >= oldSelf",
            "kafka.partitions cannot decrease, because Kafka cannot remove partitions; keep the "
            "number or raise it",
            lambda new, old: bool(new >= old),
        ),
    ] = 3
    """Number of partitions of each topic. It can be increased, but not decreased. Default: 3."""
    replicas: Annotated[
        int,
        Field(ge=1, le=7),
        immutable(
            "kafka.replicas cannot change, because Strimzi cannot change it without Cruise "
            "Control; create a new feed, or revert the change"
        ),
    ] = 3
    """Replication factor of the topics. Their `min.insync.replicas` is one less, but at least 1.
    Immutable. Default: 3."""
    retention: Retention = "7d"
    """How long Kafka keeps a quote, in m, h or d. If landing fails for longer than this, quotes are
    lost. Default: 7d."""
    deletion_policy: Literal["Retain", "Delete"] = "Retain"
    """What happens to a topic when its group or the feed is deleted. Retain (default) keeps the
    topic and its quotes; Delete deletes both."""
    tls: KafkaTls | None = None
    """TLS for connections to the brokers; `{}` enables it. If omitted, connections are in plain
    text."""
    sasl: KafkaSasl | None = None
    """SASL authentication with user name and password. If omitted, pods do not authenticate."""

    @property
    def bootstrap(self) -> str:
        """Broker addresses; for a Strimzi cluster, the Service of its internal listener."""
        if self.bootstrap_servers is not None:
            return self.bootstrap_servers
        # Strimzi's conventional listeners: `plain` on 9092 and `tls` on 9093.
        return f"{self.cluster}-kafka-bootstrap:{9092 if self.tls is None else 9093}"

    @property
    def ca(self) -> CaRef | None:
        """The CA to trust; None without TLS, and for the CAs of the container image."""
        if self.tls is None:
            return None
        if self.tls.ca_secret_ref is None and self.cluster is not None:
            return CaRef(name=f"{self.cluster}-cluster-ca-cert")
        return self.tls.ca_secret_ref
