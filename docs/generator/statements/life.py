"""The life of a feed, from its first load to a rebuild, with every statement recorded.

The pipeline's own commands run as in a pod: as processes, with the settings that the operator sets,
against a recording Snowflake emulator and a local S3.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import snowflake.connector
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from generator.statements.recorder import Recording, recording_emulator
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.objectstore import ObjectStore
from stockfeed_local.stack.ports import HOST
from stockfeed_local.stack.s3 import SeaweedS3

PASSPHRASE: Final = "a passphrase that must not be found anywhere"  # noqa: S105
_PROJECT: Final = Path(__file__).parents[3] / "dbt_stocks"
_BUCKET: Final = "statements"
_CHAIN: Final = Chain("us", "autos", "0123456789abcdef0123456789abcdef", 0)
_TWO_DAYS: Final = 2 * 86_400
_COMMAND_SECONDS: Final = 600


@dataclass
class FeedLife:
    """Lands quotes and runs the commands of a feed.

    Attributes:
        recording: the emulator, with the statements so far.
        store: the feed's bucket.
        environment: the commands' settings, as the operator sets them.
        home: everything that the commands write is below it.
        next_offset: Kafka offset of the next quote.
        printed: the output of all commands so far.
    """

    recording: Recording
    store: ObjectStore
    environment: dict[str, str]
    home: Path
    next_offset: int = 0
    printed: str = ""

    def play(self) -> None:
        """Runs every command that a feed's life has, from the first minute on."""
        self._land([10.0, 10.5])
        self._minute("first minute")
        self._land([10.25])
        self._minute("later minute")
        self._minute("empty minute")
        bad = self._land([1.0], broken=True)
        self._run("bad object: load", "loader", "--once", fails=True)
        self._run("bad object: skip", "loader", "--skip", bad, "--reason", "broken")
        bad = self._land([1.0, 1.5], broken=True)
        self._run("bad line: skip", "loader", "--skip", bad, "--line", "2", "--reason", "broken")
        self._leave_staged_file()
        self._run("leftover: load", "loader", "--once")
        self._run("daily: build", "build", "--daily")
        self._run("replay", "replay", "--from-offset", "0", "--to-offset", "1")
        self._run("rebuild", "build", "--rebuild", "gold_volatility")

    def _minute(self, name: str) -> None:
        self._run(f"{name}: load", "loader", "--once")
        self._run(f"{name}: build", "build")

    def _land(self, prices: list[float], *, broken: bool = False) -> str:
        """Lands one object, of which the last line may be broken; returns its key."""
        start = self.next_offset
        lines = [_line(start + n, price) for n, price in enumerate(prices)]
        if broken:
            lines[-1] = b'{"symbol": '
        content = b"".join(lines)
        end = start + len(prices) - 1
        metadata = BatchMetadata(end, len(prices), 0, _timestamp(start), _timestamp(end), 0)
        key = _CHAIN.key(start)
        if not self.store.create(key, gzip.compress(content), metadata.to_s3()):
            raise RuntimeError(f"{key} exists already")
        self.next_offset = end + 1
        return key

    def _run(self, step: str, *arguments: str, fails: bool = False) -> None:
        """Runs `stockfeed …` and records its statements under the step."""
        command = [str(Path(sys.executable).with_name("stockfeed")), *arguments]
        with self.recording.during(step):
            done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
                command,
                env=self.environment,
                check=False,
                capture_output=True,
                timeout=_COMMAND_SECONDS,
            )
        text = (done.stdout + done.stderr).decode()
        if (done.returncode != 0) != fails:
            raise RuntimeError(f"{step}: exit code {done.returncode}: {text}")
        self.printed += text

    def _leave_staged_file(self) -> None:
        """Puts a file into the stage that looks like one of a loader killed two days ago."""
        [stage] = [
            path for path in self.recording.stages.rglob("STG_STOCK_QUOTES") if path.is_dir()
        ]
        file = stage / "0123456789abcdef" / _CHAIN.key(0)
        file.parent.mkdir(parents=True)
        file.write_bytes(b"")
        then = time.time() - _TWO_DAYS
        os.utime(file, (then, then))


@contextmanager
def started(home: Path) -> Iterator[FeedLife]:
    """Starts S3 and the recording emulator, and stops both at the end.

    Args:
        home: an empty directory, which is removed at the end.
    """
    with SeaweedS3(home / "s3", home / "s3-logs") as s3:
        s3.create_bucket(_BUCKET)
        with recording_emulator(home / "warehouse") as recording:
            _create_schemas(recording)
            environment = _environment(home, s3, recording.port)
            yield FeedLife(recording, ObjectStore(s3.client(), _BUCKET), environment, home)
    shutil.rmtree(home)


def _environment(home: Path, s3: SeaweedS3, port: int) -> dict[str, str]:
    secrets = home / "secrets"
    _mount(secrets / "snowflake", _account(port))
    _mount(secrets / "s3", {"accessKeyId": s3.access_key, "secretAccessKey": s3.secret_key})
    (home / "outputs").mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "STOCKFEED_FEED": "us",
        "STOCKFEED_LOG_FORMAT": "console",
        "STOCKFEED_LOG_LEVEL": "debug",
        "STOCKFEED_OUTPUTS_DIR": str(home / "outputs"),
        "STOCKFEED_S3_ENDPOINT": s3.endpoint,
        "STOCKFEED_S3_BUCKET": _BUCKET,
        "STOCKFEED_S3_CREDENTIALS_DIR": str(secrets / "s3"),
        "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
        "STOCKFEED_SNOWFLAKE_CREDENTIALS_DIR": str(secrets / "snowflake"),
        "STOCKFEED_DBT_PROJECT_DIR": str(_PROJECT),
        "DBT_TARGET_PATH": str(home / "target"),
    }


def _account(port: int) -> dict[str, str]:
    """Returns a Secret as for a real account, but with the emulator's address.

    The emulator accepts any key; this one is encrypted, as a user's should be.
    """
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSPHRASE.encode()),
    )
    return {
        "account": "emulator",
        "user": "STOCKFEED",
        "role": "STOCKFEED",
        "warehouse": "STOCKFEED",
        "privateKey": key.decode(),
        "privateKeyPassphrase": PASSPHRASE,
        "host": HOST,
        "port": str(port),
        "protocol": "http",
    }


def _mount(directory: Path, parts: dict[str, str]) -> None:
    directory.mkdir(parents=True)
    for name, value in parts.items():
        (directory / name).write_text(value)


def _create_schemas(recording: Recording) -> None:
    """Creates what setup.sql creates, as another user than the pipeline's."""
    with snowflake.connector.connect(
        account="emulator",
        user="admin",
        password="any",  # noqa: S106
        host=HOST,
        port=recording.port,
        protocol="http",
        database="STOCKS",
        network_timeout=30,
    ) as connection:
        for schema in ("RAW", "ANALYTICS"):
            connection.cursor().execute(f"CREATE SCHEMA IF NOT EXISTS STOCKS.{schema}")


def _line(offset: int, price: float) -> bytes:
    meta = {
        "topic": "stock-quotes.us.autos",
        "partition": 0,
        "offset": offset,
        "timestamp": _timestamp(offset),
    }
    quote = {"symbol": "F", "c": price, "o": 10.0, "h": 11.0, "l": 9.0, "pc": 10.0}
    return json.dumps({**quote, "t": 1_713_456_789 + offset, "_meta": meta}).encode() + b"\n"


def _timestamp(offset: int) -> int:
    return (1_713_456_789 + offset) * 1000
