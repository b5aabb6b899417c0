import pytest

from stockfeed_operator.manifests.secrets import SecretFiles, mounts, named_in, volumes

FILES = SecretFiles("s3", "minio.eu-1", ("accessKeyId", "secretAccessKey"))


def test_volume_is_optional_and_mounts_only_the_given_keys() -> None:
    (volume,) = volumes([FILES])
    assert volume["secret"]["optional"] is True
    assert [item["key"] for item in volume["secret"]["items"]] == ["accessKeyId", "secretAccessKey"]
    (mount,) = mounts([FILES])
    assert (mount["name"], mount["mountPath"]) == (volume["name"], FILES.directory)


def test_one_secret_for_two_purposes_has_two_directories() -> None:
    other = SecretFiles("kafka-credentials", FILES.secret, ("password",))
    assert other.directory != FILES.directory


@pytest.mark.parametrize(
    ("message", "secret"),
    [
        (f"{FILES.file('accessKeyId')} is missing, unreadable or empty", "minio.eu-1"),
        (f"the Secret mounted at {FILES.directory}, or set X", "minio.eu-1"),
        (f"look into {FILES.directory}.", "minio.eu-1"),
        ("the broker does not answer", None),
    ],
)
def test_finds_the_secret_in_a_roles_message(message: str, secret: str | None) -> None:
    assert named_in(message) == secret
