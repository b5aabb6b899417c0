"""Checks that the local S3 gives the guarantees that the landing contract depends on."""

from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from stockfeed_local.stack.s3 import REGION, SeaweedS3


def status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def test_create_only_put_of_an_existing_key_returns_412_and_keeps_the_object(
    s3: SeaweedS3, s3_bucket: str
) -> None:
    client = s3.client()
    client.put_object(Bucket=s3_bucket, Key="a/1", Body=b"first", IfNoneMatch="*")

    with pytest.raises(ClientError) as refused:
        client.put_object(Bucket=s3_bucket, Key="a/1", Body=b"second", IfNoneMatch="*")

    assert status(refused.value) == 412
    assert client.get_object(Bucket=s3_bucket, Key="a/1")["Body"].read() == b"first"


def test_user_metadata_is_returned_unchanged(s3: SeaweedS3, s3_bucket: str) -> None:
    client = s3.client()
    client.put_object(Bucket=s3_bucket, Key="a/1", Body=b"", Metadata={"end-offset": "41"})

    assert client.head_object(Bucket=s3_bucket, Key="a/1")["Metadata"] == {"end-offset": "41"}


def test_wrong_secret_key_is_rejected(s3: SeaweedS3) -> None:
    stranger = boto3.client(
        "s3",
        endpoint_url=s3.endpoint,
        region_name=REGION,
        aws_access_key_id=s3.access_key,
        aws_secret_access_key="wrong",
    )

    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.list_buckets()


def test_put_to_a_missing_bucket_fails(s3: SeaweedS3) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.client().put_object(Bucket="not-there", Key="a", Body=b"")


def test_objects_survive_a_restart(tmp_path: Path) -> None:
    with SeaweedS3(tmp_path / "data", tmp_path / "logs") as store:
        store.create_bucket("kept")
        store.client().put_object(Bucket="kept", Key="a", Body=b"x")
        store.stop()
        assert not store.process.alive

        store.start()

        assert store.client().get_object(Bucket="kept", Key="a")["Body"].read() == b"x"


def test_all_ports_are_on_loopback(s3: SeaweedS3) -> None:
    assert s3.process.pid is not None
    assert listening_addresses(s3.process.pid) == {"0100007F"}


def listening_addresses(pid: int) -> set[str]:
    """Returns the IPv4 addresses that a process listens on, in the hex format of /proc."""
    inodes = {
        link.readlink().name.removeprefix("socket:[").removesuffix("]")
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if str(link.readlink()).startswith("socket:")
    }
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    rows += [line.split() for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}
