"""Where quotes travel: the Kafka cluster, its topics, and how to sign in."""

from typing import Annotated, Literal

from pydantic import Field

from stockfeed_operator.spec.fields import Model, Retention, SecretKey, SecretName, SecretRef
from stockfeed_operator.spec.rules import Rule, TransitionRule, immutable


class CaRef(Model):
    """A certificate authority's certificate in a Secret of the feed's namespace."""

    name: SecretName
    """Name of the Secret."""
    key: SecretKey = "ca.crt"
    """The Secret's key that holds the certificates, PEM."""


class ClientCertificateRef(Model):
    """A client certificate in a Secret of the feed's namespace."""

    name: SecretName
    """Name of the Secret, e.g. the KafkaUser's."""
    certificate: SecretKey = "user.crt"
    """The Secret's key that holds the certificate, PEM; tls.crt in a Secret of cert-manager."""
    key: SecretKey = "user.key"
    """The Secret's key that holds the private key, PEM; tls.key in a Secret of cert-manager."""


class KafkaTls(Model):
    """TLS to the brokers; an empty object is enough to switch it on."""

    ca_secret_ref: CaRef | None = None
    """Who signed the brokers' certificates. Omitted: with `cluster` the Secret
    `<cluster>-cluster-ca-cert` that Strimzi makes, else the system's authorities."""
    client_certificate_secret_ref: ClientCertificateRef | None = None
    """The client certificate, where the brokers ask for one."""


class KafkaSasl(Model):
    """Signing in by user name and password."""

    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    """SASL mechanism; a Strimzi KafkaUser uses SCRAM-SHA-512."""
    username: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """User name, where the Secret has no key `username`: a KafkaUser's Secret has only the
    password, and the user's name is the KafkaUser's."""
    credentials_secret_ref: SecretRef
    """Secret with the keys `username` and `password`."""


class Kafka(Model):
    """The Kafka cluster, and the topics that the feed has in it."""

    rules = (
        Rule(
            "has(self.cluster) != has(self.bootstrapServers)",
            "set exactly one of cluster (a Strimzi cluster in this namespace) and "
            "bootstrapServers (a Kafka from elsewhere)",
            lambda kafka: (kafka.cluster is None) != (kafka.bootstrap_servers is None),
        ),
    )

    cluster: (
        Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")] | None
    ) = None
    """Name of the Strimzi `Kafka` in the feed's namespace. It gives the address and the topics'
    label; topics are made as `KafkaTopic`s."""
    bootstrap_servers: (
        Annotated[str, Field(max_length=1024, pattern=r"^[^\s,:]+:[0-9]+(,[^\s,:]+:[0-9]+)*$")]
        | None
    ) = None
    """Brokers of a Kafka from elsewhere, `host:port`, separated by commas. Its topics must exist:
    no `KafkaTopic` is made."""
    topic_prefix: Annotated[
        str,
        Field(max_length=100, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"),
        immutable(
            "kafka.topicPrefix cannot change, because quotes on the way would be stranded; "
            "make a new feed with the new prefix and delete this one"
        ),
    ] = "stock-quotes"
    """First part of the topics' names: `<topicPrefix>.<feed>.<group>`. It cannot change."""
    partitions: Annotated[
        int,
        Field(ge=1, le=100),
        TransitionRule(
            "self >= oldSelf",
            "kafka.partitions cannot decrease, because Kafka cannot take partitions away; keep the "
            "number or raise it",
            lambda new, old: bool(new >= old),
        ),
    ] = 3
    """Partitions of each topic; the number can only grow."""
    replicas: Annotated[
        int,
        Field(ge=1, le=7),
        immutable(
            "kafka.replicas cannot change, because Strimzi cannot change it without Cruise "
            "Control; make a new feed, or set it back"
        ),
    ] = 3
    """Copies that the brokers keep of each partition; the topics get `min.insync.replicas` of one
    less, at least 1. It cannot change."""
    retention: Retention = "7d"
    """How long Kafka keeps a quote: m, h or d. It is the time that there is to repair landing."""
    deletion_policy: Literal["Retain", "Delete"] = "Retain"
    """What becomes of a topic when its group or the feed goes. Delete deletes the quotes in it."""
    tls: KafkaTls | None = None
    """TLS to the brokers; `{}` switches it on. Omitted: plain text."""
    sasl: KafkaSasl | None = None
    """Signing in by user name and password. Omitted: none."""

    @property
    def bootstrap(self) -> str:
        """Addresses of the brokers; of a Strimzi cluster its internal listener's Service."""
        if self.bootstrap_servers is not None:
            return self.bootstrap_servers
        return f"{self.cluster}-kafka-bootstrap:{9092 if self.tls is None else 9093}"

    @property
    def ca(self) -> CaRef | None:
        """The certificate authority to trust; None with plain text, or for the system's own."""
        if self.tls is None:
            return None
        if self.tls.ca_secret_ref is None and self.cluster is not None:
            return CaRef(name=f"{self.cluster}-cluster-ca-cert")
        return self.tls.ca_secret_ref
