"""Settings and Secrets by which pods connect to Kafka, the object store and Snowflake."""

from dataclasses import dataclass, field

from stockfeed.contract import env, secret_keys, topics
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.manifests.secrets import SecretFiles
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.kafka import Kafka

_SNOWFLAKE_KEYS = (
    secret_keys.SNOWFLAKE_ACCOUNT,
    secret_keys.SNOWFLAKE_USER,
    secret_keys.SNOWFLAKE_ROLE,
    secret_keys.SNOWFLAKE_WAREHOUSE,
    secret_keys.SNOWFLAKE_PRIVATE_KEY,
    secret_keys.SNOWFLAKE_PRIVATE_KEY_PASSPHRASE,
    secret_keys.SNOWFLAKE_PASSWORD,
    secret_keys.SNOWFLAKE_HOST,
    secret_keys.SNOWFLAKE_PORT,
    secret_keys.SNOWFLAKE_PROTOCOL,
)


@dataclass(frozen=True, slots=True)
class Connection:
    """Environment variables and mounted Secrets of a connection; `+` combines two connections."""

    env: dict[str, str]
    secrets: tuple[SecretFiles, ...] = field(default=())

    def __add__(self, other: "Connection") -> "Connection":
        return Connection({**self.env, **other.env}, (*self.secrets, *other.secrets))


def topic_of(feed: StockFeed, group: str) -> str:
    """Returns the name of the group's topic."""
    return topics.topic_name(feed.spec.kafka.topic_prefix, feed.metadata.name, group)


def kafka(feed: StockFeed, group: str) -> Connection:
    """Returns the connection to the brokers and the group's topic."""
    settings = {
        env.KAFKA_BOOTSTRAP_SERVERS: feed.spec.kafka.bootstrap,
        env.KAFKA_TOPIC: topic_of(feed, group),
    }
    return Connection(settings) + kafka_keys(feed)


def topic_origin(feed: StockFeed) -> Connection:
    """Returns the setting by which consumer and verify know a topic that the operator created.

    A topic that existed before the feed may have lost messages that were never the feed's.
    """
    managed = feed.spec.kafka.cluster is not None
    return Connection({env.KAFKA_TOPIC_MANAGED: "true"} if managed else {})


def kafka_keys(feed: StockFeed) -> Connection:
    """Returns TLS settings and credentials for the brokers, without their address."""
    return _tls(feed.spec.kafka) + _sasl(feed.spec.kafka)


def _tls(settings: Kafka) -> Connection:
    if settings.tls is None:
        return Connection({})
    found = Connection({env.KAFKA_TLS: "true"})
    if (ca := settings.ca) is not None:
        files = SecretFiles("kafka-ca", ca.name, (ca.key,))
        found += Connection({env.KAFKA_TLS_CA_FILE: files.file(ca.key)}, (files,))
    if (client := settings.tls.client_certificate_secret_ref) is not None:
        files = SecretFiles("kafka-client", client.name, (client.certificate, client.key))
        variables = {
            env.KAFKA_TLS_CERTIFICATE_FILE: files.file(client.certificate),
            env.KAFKA_TLS_KEY_FILE: files.file(client.key),
        }
        found += Connection(variables, (files,))
    return found


def _sasl(settings: Kafka) -> Connection:
    sasl = settings.sasl
    if sasl is None:
        return Connection({})
    keys = (secret_keys.KAFKA_USERNAME, secret_keys.KAFKA_PASSWORD)
    files = SecretFiles("kafka-credentials", sasl.credentials_secret_ref.name, keys)
    variables = {
        env.KAFKA_SASL_MECHANISM: sasl.mechanism,
        env.KAFKA_CREDENTIALS_DIR: files.directory,
    }
    if sasl.username is not None:
        variables[env.KAFKA_USERNAME] = sasl.username
    return Connection(variables, (files,))


def owner(feed: StockFeed, installation: Installation) -> Connection:
    """Returns the owner of the feed's objects; pods compare it with the bucket's marker."""
    return Connection(
        {
            env.OWNER_CLUSTER: installation.cluster,
            env.OWNER_NAMESPACE: feed.metadata.namespace,
        }
    )


def object_store(feed: StockFeed) -> Connection:
    """Returns the connection to the bucket."""
    landing = feed.spec.landing
    optional = {env.S3_ENDPOINT: landing.endpoint, env.S3_REGION: landing.region}
    settings = {name: value for name, value in optional.items() if value is not None}
    return Connection({**settings, env.S3_BUCKET: landing.bucket}) + object_store_keys(feed)


def object_store_keys(feed: StockFeed) -> Connection:
    """Returns the access keys for the bucket; empty if pods use their cloud identity."""
    reference = feed.spec.landing.credentials_secret_ref
    if reference is None:
        return Connection({})
    keys = (secret_keys.S3_ACCESS_KEY_ID, secret_keys.S3_SECRET_ACCESS_KEY)
    files = SecretFiles("s3", reference.name, keys)
    return Connection({env.S3_CREDENTIALS_DIR: files.directory}, (files,))


def snowflake_keys(feed: StockFeed) -> Connection:
    """Returns the account and credentials for Snowflake."""
    secret = feed.spec.warehouse.credentials_secret_ref.name
    files = SecretFiles("snowflake", secret, _SNOWFLAKE_KEYS)
    return Connection({env.SNOWFLAKE_CREDENTIALS_DIR: files.directory}, (files,))
