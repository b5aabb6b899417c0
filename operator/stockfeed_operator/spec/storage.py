"""Where quotes are landed and loaded: the bucket, and the warehouse."""

from typing import Annotated, Literal

from pydantic import Field

from stockfeed_operator.spec.fields import Duration, Model, Retention, SecretRef, Size, SqlName, Url
from stockfeed_operator.spec.pods import Resources
from stockfeed_operator.spec.rules import immutable


class Rotate(Model):
    """When a consumer closes an object; whatever comes first."""

    records: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Messages in one object, at most."""
    bytes: Size = "16Mi"
    """Size of the messages in one object before compression, at most."""
    interval: Duration = "15s"
    """Age of the first message in one object, at most; it bounds how late a quote is landed."""


class Landing(Model):
    """The raw zone: immutable objects in S3 or MinIO."""

    endpoint: Url | None = None
    """Address of an S3-compatible store such as http://minio:9000; omitted: AWS S3."""
    region: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9-]+$")] | None = None
    """AWS region of the bucket; omitted: the SDK's own."""
    bucket: Annotated[
        str,
        Field(min_length=3, max_length=63, pattern=r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$"),
        immutable(
            "landing.bucket cannot change, because the objects in it are how consumers know where "
            "to go on; make a new feed with the new bucket and delete this one"
        ),
    ]
    """Name of the bucket; it must exist. It cannot change."""
    credentials_secret_ref: SecretRef | None = None
    """Secret with the keys `accessKeyId` and `secretAccessKey`. Omitted: the pods' own identity
    (`pods.serviceAccountAnnotations`)."""
    layout: Literal["Batched", "PerEvent"] = "Batched"
    """Batched writes objects of many quotes. PerEvent writes one small JSON object per quote as
    well, under `events/…/symbol=<SYMBOL>/`, for people and other tools."""
    rotate: Rotate = Rotate()
    """When a consumer closes an object."""
    retention: Retention | None = None
    """How long raw objects are kept, by lifecycle rules on the feed's part of the bucket, which
    the consumers set when they start: m, h or d, rounded up to whole days. It must exceed
    `kafka.retention`. The consumers' credentials need s3:GetLifecycleConfiguration and
    s3:PutLifecycleConfiguration. Omitted: for good."""


class Dbt(Model):
    """The models that are built after each load."""

    enabled: bool = True
    """False loads raw quotes only."""
    schema_name: Annotated[SqlName, Field(alias="schema")] = "ANALYTICS"
    """Schema that the models are built in."""
    resources: Resources = Resources(
        requests={"cpu": "250m", "memory": "512Mi"}, limits={"memory": "1Gi"}
    )
    """Compute resources of the build's container."""


class Warehouse(Model):
    """Snowflake: where quotes are loaded and models are built."""

    schedule: Annotated[
        str,
        Field(
            max_length=100,
            pattern=r"^[-0-9*,/]+ [-0-9*,/]+ [-0-9*,/?]+ [-0-9A-Za-z*,/]+ [-0-9A-Za-z*,/?]+$",
        ),
    ] = "* * * * *"
    """When a load and a build start: five cron fields, UTC. A run that is still going lets the
    next one out."""
    run_timeout: Duration = "15m"
    """When a run is stopped. Keep it above 6m: a killed load holds its lock for five minutes."""
    database: SqlName
    """Database; it must exist."""
    schema_name: Annotated[SqlName, Field(alias="schema")] = "RAW"
    """Schema of the raw tables; the load makes it where it is missing."""
    credentials_secret_ref: SecretRef
    """Secret with the keys `account`, `user` and `privateKey`; `role`, `warehouse` and
    `privateKeyPassphrase` where needed."""
    dbt: Dbt = Dbt()
    """The models that are built after each load."""
    resources: Resources = Resources(
        requests={"cpu": "250m", "memory": "256Mi"}, limits={"memory": "512Mi"}
    )
    """Compute resources of the load's container."""
