"""Storage settings of a feed: the bucket and the warehouse."""

from typing import Annotated, Literal

from pydantic import Field

from stockfeed_operator.spec.fields import Duration, Model, Retention, SecretRef, Size, SqlName, Url
from stockfeed_operator.spec.pods import Resources
from stockfeed_operator.spec.rules import immutable


class Rotate(Model):
    """Limits at which a consumer closes an object; the first one reached applies."""

    records: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Maximum number of messages in an object. Default: 10000."""
    bytes: Size = "16Mi"
    """Maximum size of the messages in an object before compression. Default: 16Mi."""
    interval: Duration = "15s"
    """Maximum time that the first message of an object waits before the object is written, which
    bounds the landing delay. Default: 15s."""


class Landing(Model):
    """The raw zone, where consumers land quotes as immutable objects in S3 or MinIO."""

    endpoint: Url | None = None
    """URL of an S3-compatible store such as http://minio:9000. If omitted, AWS S3."""
    region: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9-]+$")] | None = None
    """AWS region of the bucket. If omitted, the AWS SDK's default."""
    bucket: Annotated[
        str,
        Field(min_length=3, max_length=63, pattern=r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$"),
        immutable(
            "landing.bucket cannot change, because consumers derive their position from the "
            "objects in it; create a new feed with the new bucket and delete this one"
        ),
    ]
    """Name of the bucket, which must exist. Immutable."""
    credentials_secret_ref: SecretRef | None = None
    """Secret with the keys `accessKeyId` and `secretAccessKey`. If omitted, the pods use their own
    cloud identity (see `pods.serviceAccountAnnotations`)."""
    layout: Literal["Batched", "PerEvent"] = "Batched"
    """Batched (default) writes objects of many quotes each. PerEvent additionally writes a small
    JSON object for each quote under `events/…/symbol=<SYMBOL>/`, for other tools; the load ignores
    these."""
    rotate: Rotate = Rotate()
    """Limits at which a consumer closes an object."""
    retention: Retention | None = None
    """How long raw objects are kept, in m, h or d, rounded up to whole days. It must exceed
    `kafka.retention`. Consumers set it at start-up as lifecycle rules for the feed's prefixes in
    the bucket, which requires the permissions s3:GetLifecycleConfiguration and
    s3:PutLifecycleConfiguration. If omitted, objects are kept forever."""


class Dbt(Model):
    """The dbt models that are built after each load."""

    enabled: bool = True
    """Whether dbt models are built after each load. Default: true; false loads raw quotes only."""
    schema_name: Annotated[SqlName, Field(alias="schema")] = "ANALYTICS"
    """Schema in which the models are built. Default: ANALYTICS."""
    resources: Resources = Resources(
        requests={"cpu": "250m", "memory": "512Mi"}, limits={"memory": "1Gi"}
    )
    """Resource requests and limits of the build's container."""


class Warehouse(Model):
    """The Snowflake database that quotes are loaded into and dbt models are built in."""

    schedule: Annotated[
        str,
        Field(
            max_length=100,
            pattern=r"^[-0-9*,/]+ [-0-9*,/]+ [-0-9*,/?]+ [-0-9A-Za-z*,/]+ [-0-9A-Za-z*,/?]+$",
        ),
    ] = "* * * * *"
    """Cron schedule of loads and builds, with five fields in UTC. A run is skipped if the previous
    one is still active. Default: every minute."""
    run_timeout: Duration = "15m"
    """Maximum duration of a run, after which it is stopped. Keep it above 6m, because a killed load
    holds its lock for five minutes. Default: 15m."""
    database: SqlName
    """Name of the database, which must exist."""
    schema_name: Annotated[SqlName, Field(alias="schema")] = "RAW"
    """Schema of the raw tables. The load creates it if it does not exist. Default: RAW."""
    credentials_secret_ref: SecretRef
    """Secret with the keys `account`, `user` and `privateKey`, and optionally `role`, `warehouse`
    and `privateKeyPassphrase`."""
    dbt: Dbt = Dbt()
    """The dbt models that are built after each load."""
    resources: Resources = Resources(
        requests={"cpu": "250m", "memory": "256Mi"}, limits={"memory": "512Mi"}
    )
    """Resource requests and limits of the load's container."""
