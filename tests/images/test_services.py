"""The images' services: they respond on their loopback, and SIGTERM stops them as process 1."""

import json
from collections.abc import Callable

from support.images import engine
from support.images.engine import Container

GET = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"
PORT = ("cat", "/tmp/port")
ON_LOOPBACK = ("--port-file", "/tmp/port")
KILLED = 137

SQL = """
import sys
from snowflake.connector import connect
with connect(account="emulator", user="test", password="any", host="127.0.0.1", protocol="http",
             port=int(sys.argv[1]), database="STOCKS", network_timeout=30) as connection:
    for statement in sys.argv[2:]:
        rows = connection.cursor().execute(statement).fetchall()
print(rows[0][0])
"""
QUOTE = {"c": 187.42, "o": 185.9, "h": 188.1, "l": 184.75, "pc": 184.03, "t": 1713456789}
META = {"topic": "q", "partition": 0, "offset": 7, "timestamp": 1713456789123}


def test_quote_server_responds_and_stops_on_sigterm(built: Callable[[str], str]) -> None:
    command = ("python", "-m", "stockfeed_local.quotes", "--random-walk", *ON_LOOPBACK)
    with engine.started(built("local"), *command) as server:
        port = server.until(*PORT)
        url = f"http://127.0.0.1:{port}/api/v1/quote?symbol=AAPL"
        assert json.loads(server.until("python", "-c", GET, url))["c"] > 0
        assert server.stop() not in {KILLED, 1}, server.logs()


def test_dbt_image_builds_gold_on_the_emulator_image(built: Callable[[str], str]) -> None:
    emulator = ("python", "-m", "stockfeed_local.emulator", "--db-path", "/tmp/db", *ON_LOOPBACK)
    with engine.started(built("local"), *emulator) as warehouse:
        port = warehouse.until(*PORT)
        _sql(warehouse, port, "create schema if not exists RAW", *_raw_rows())
        result = engine.run(
            built("dbt"), "stockfeed", "build",
            network=f"container:{warehouse.name}",
            env={
                "STOCKFEED_FEED": "us",
                "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
                "SNOWFLAKE_ACCOUNT": "emulator",
                "SNOWFLAKE_USER": "test",
                "SNOWFLAKE_PASSWORD": "any",
                "SNOWFLAKE_HOST": "127.0.0.1",
                "SNOWFLAKE_PORT": port,
                "SNOWFLAKE_PROTOCOL": "http",
            },
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        assert "full parse" not in result.stdout + result.stderr
        assert _sql(warehouse, port, "select count(*) from ANALYTICS.GOLD_CANDLESTICK") == "4"
        assert warehouse.stop() not in {KILLED, 1}, warehouse.logs()


def test_producer_as_process_1_stops_on_sigterm(built: Callable[[str], str]) -> None:
    settings = {
        "FEED": "us", "GROUP": "autos", "SYMBOLS": "F", "SOURCE_API_KEY": "key",
        "SOURCE_BASE_URL": "http://127.0.0.1:9", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "KAFKA_TOPIC": "quotes", "HTTP_PORT": "8080",
    }  # fmt: skip
    env = {f"STOCKFEED_{name}": value for name, value in settings.items()}
    with engine.started(built("pipeline"), "stockfeed", "producer", env=env) as producer:
        producer.until("python", "-c", GET, "http://127.0.0.1:8080/metrics")
        assert producer.stop() == 0, producer.logs()


def _raw_rows() -> tuple[str, str]:
    line = json.dumps({"symbol": "AAPL", **QUOTE, "_meta": META})
    return (
        "create table RAW.SOURCE_STOCK_QUOTES"
        " (V variant, FILE_NAME varchar, BATCH_SEQ number(38, 0), LOADED_AT timestamp_ntz)",
        f"insert into RAW.SOURCE_STOCK_QUOTES select parse_json('{line}'), 'file', 1,"
        " convert_timezone('UTC', current_timestamp())::timestamp_ntz",
    )


def _sql(warehouse: Container, port: str, *statements: str) -> str:
    result = warehouse.exec("python", "-c", SQL, port, *statements)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()
