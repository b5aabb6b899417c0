"""Every statement of the pipeline's own commands, each run as the process that a pod runs."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import snowflake.connector
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.objectstore import ObjectStore
from stockfeed_local.stack.ports import HOST
from stockfeed_local.stack.s3 import SeaweedS3
from support.grants.recorder import Recording, recording_emulator

PROJECT = Path(__file__).parents[3] / "dbt_stocks"
BUCKET = "statements"
PASSPHRASE = "a passphrase that must not be found anywhere"
CHAIN = Chain("us", "autos", "0123456789abcdef0123456789abcdef", 0)
_TWO_DAYS = 2 * 86_400


@dataclass
class Minutes:
    """Lands quotes and runs what a minute runs, with the settings that the operator gives."""

    recording: Recording
    store: ObjectStore
    environment: dict[str, str]
    home: Path
    next_offset: int = 0
    printed: str = ""

    def land(self, prices: list[float], *, broken: bool = False) -> str:
        """One object; its key."""
        start = self.next_offset
        lines = [_line(start + n, price) for n, price in enumerate(prices)]
        content = b'{"symbol": ' if broken else b"".join(lines)
        end = start + len(prices) - 1
        metadata = BatchMetadata(end, len(prices), 0, _timestamp(start), _timestamp(end), 0)
        key = CHAIN.key(start)
        assert self.store.create(key, gzip.compress(content), metadata.to_s3())
        self.next_offset = end + 1
        return key

    def run(self, step: str, *arguments: str, fails: bool = False) -> None:
        """`stockfeed …`, its statements noted under the step."""
        command = [str(Path(sys.executable).with_name("stockfeed")), *arguments]
        with self.recording.during(step):
            done = subprocess.run(
                command, env=self.environment, check=False, capture_output=True, timeout=240
            )
        text = (done.stdout + done.stderr).decode()
        assert (done.returncode != 0) == fails, text
        self.printed += text

    def minute(self, name: str) -> None:
        """A load and the build after it."""
        self.run(f"{name}: load", "loader", "--once")
        self.run(f"{name}: build", "build")

    def leave_files(self) -> None:
        """What a killed loader left in the stage two days ago."""
        [staged] = [
            path for path in self.recording.stages.rglob("STG_STOCK_QUOTES") if path.is_dir()
        ]
        left = staged / "0123456789abcdef" / CHAIN.key(0)
        left.parent.mkdir(parents=True)
        left.write_bytes(b"")
        then = time.time() - _TWO_DAYS
        os.utime(left, (then, then))


def _line(offset: int, price: float) -> bytes:
    quote = {"symbol": "F", "c": price, "o": 10.0, "h": 11.0, "l": 9.0, "pc": 10.0}
    meta = {"topic": "stock-quotes.us.autos", "partition": 0, "offset": offset}
    meta["timestamp"] = _timestamp(offset)
    return json.dumps({**quote, "t": 1_713_456_789 + offset, "_meta": meta}).encode() + b"\n"


def _timestamp(offset: int) -> int:
    return (1_713_456_789 + offset) * 1000


@pytest.fixture(scope="session")
def minutes(s3: SeaweedS3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minutes]:
    home = tmp_path_factory.mktemp("statements")
    s3.create_bucket(BUCKET)
    with recording_emulator(home / "warehouse") as recording:
        _as_setup_leaves_it(recording)
        secrets = home / "secrets"
        _mount(secrets / "snowflake", _account(recording.port))
        keys = {"accessKeyId": s3.access_key, "secretAccessKey": s3.secret_key}
        _mount(secrets / "s3", keys)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "STOCKFEED_FEED": "us",
            "STOCKFEED_LOG_FORMAT": "console",
            "STOCKFEED_LOG_LEVEL": "debug",
            "STOCKFEED_OUTPUTS_DIR": str(home / "outputs"),
            "STOCKFEED_S3_ENDPOINT": s3.endpoint,
            "STOCKFEED_S3_BUCKET": BUCKET,
            "STOCKFEED_S3_CREDENTIALS_DIR": str(secrets / "s3"),
            "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
            "STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR": str(secrets / "snowflake"),
            "STOCKFEED_DBT_PROJECT_DIR": str(PROJECT),
            "DBT_TARGET_PATH": str(home / "target"),
        }
        (home / "outputs").mkdir()
        yield Minutes(recording, ObjectStore(s3.client(), BUCKET), environment, home)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def recording(minutes: Minutes) -> Recording:
    """The statements of a feed's life, from its first minute on."""
    minutes.land([10.0, 10.5])
    minutes.minute("first minute")
    minutes.land([10.25])
    minutes.minute("later minute")
    minutes.minute("empty minute")
    bad = minutes.land([1.0], broken=True)
    minutes.run("bad object: load", "loader", "--once", fails=True)
    minutes.run("bad object: skip", "loader", "--skip", bad, "--reason", "broken")
    minutes.leave_files()
    minutes.run("leftover: load", "loader", "--once")
    minutes.run("daily: build", "build", "--daily")
    minutes.run("replay", "replay", "--from-offset", "0", "--to-offset", "1")
    minutes.run("rebuild", "build", "--rebuild", "gold_volatility")
    return minutes.recording


def _account(port: int) -> dict[str, str]:
    """The Secret of a real account; its host is the emulator's, which takes any key."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSPHRASE.encode()),
    )
    parts = {"account": "emulator", "user": "STOCKFEED", "role": "STOCKFEED"}
    parts |= {"warehouse": "STOCKFEED", "privateKey": key.decode()}
    parts |= {"privateKeyPassphrase": PASSPHRASE}
    return parts | {"host": HOST, "port": str(port), "protocol": "http"}


def _mount(directory: Path, parts: dict[str, str]) -> None:
    directory.mkdir(parents=True)
    for name, value in parts.items():
        (directory / name).write_text(value)


def _as_setup_leaves_it(recording: Recording) -> None:
    """Database and schemas, made by another user than the pipeline's."""
    with snowflake.connector.connect(
        account="emulator",
        user="admin",
        password="any",
        host=HOST,
        port=recording.port,
        protocol="http",
        database="STOCKS",
        network_timeout=30,
    ) as connection:
        for schema in ("RAW", "ANALYTICS"):
            connection.cursor().execute(f"CREATE SCHEMA IF NOT EXISTS STOCKS.{schema}")
