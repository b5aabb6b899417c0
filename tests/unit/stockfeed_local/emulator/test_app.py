"""Parts of the protocol that the connector hides: slow statements and repeated requests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockfeed_local.emulator import app
from stockfeed_local.emulator.app import Server
from stockfeed_local.emulator.instance import Emulator


class HttpSession:
    """A session that sends plain HTTP requests."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        body: dict[str, Any] = {"data": {"SESSION_PARAMETERS": {}}}
        login = "/session/v1/login-request?databaseName=STOCKS&schemaName=RAW"
        token = client.post(login, json=body).json()["data"]["token"]
        self._headers = {"Authorization": f'Snowflake Token="{token}"'}

    def post(self, path: str, **body: object) -> dict[str, Any]:
        response = self._client.post(path, json=body, headers=self._headers)
        assert response.status_code == 200
        parsed: dict[str, Any] = response.json()
        return parsed

    def query(self, sql: str, request_id: str = "", **body: object) -> dict[str, Any]:
        path = f"/queries/v1/query-request?requestId={request_id}"
        return self.post(path, sqlText=sql, **body)

    def get(self, path: str) -> dict[str, Any]:
        parsed: dict[str, Any] = self._client.get(path, headers=self._headers).json()
        return parsed


@pytest.fixture
def http(tmp_path: Path) -> Iterator[TestClient]:
    server = Server(Emulator(tmp_path, 300))
    with TestClient(server.app()) as client:
        yield client
    server.close()


def locked_table(http: TestClient) -> tuple[HttpSession, HttpSession]:
    """Returns a session that holds the lock of table T, and one that does not."""
    holder = HttpSession(http)
    for sql in (
        "create table t (n int)",
        "insert into t values (1)",
        "begin",
        "update t set n = 2",
    ):
        assert holder.query(sql)["code"] is None
    return holder, HttpSession(http)


def test_slow_statement_is_polled_for_its_result(
    http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, waiter = locked_table(http)
    monkeypatch.setattr(app, "IN_PROGRESS_AFTER", 0.05)
    response = waiter.query("update t set n = n + 10", "waiting")
    assert (response["success"], response["code"]) == (True, "333334")
    url = response["data"]["getResultUrl"]
    assert waiter.get(url)["code"] == "333334"
    assert holder.get(url)["success"] is False
    holder.query("commit")
    monkeypatch.setattr(app, "IN_PROGRESS_AFTER", 60)
    done = waiter.get(url)
    assert done["success"]
    assert done["data"]["rowset"][0][0] == "1"


def test_aborted_statement_fails(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    _, waiter = locked_table(http)
    monkeypatch.setattr(app, "IN_PROGRESS_AFTER", 0.05)
    url = waiter.query("delete from t", "waiting")["data"]["getResultUrl"]
    monkeypatch.setattr(app, "IN_PROGRESS_AFTER", 60)
    waiter.post("/queries/v1/abort-request", requestId="waiting")
    response = waiter.get(url)
    assert (response["success"], response["code"]) == (False, "000604")


def test_repeated_request_runs_once(http: TestClient) -> None:
    session = HttpSession(http)
    session.query("create table t (n int)")
    first = session.query("insert into t values (1)", "same")
    assert session.query("insert into t values (1)", "same") == first
    count = session.query("delete from t", "other")["data"]["rowset"]
    assert count == [["1"]]


def test_binds_values_by_position_for_one_and_many_rows(http: TestClient) -> None:
    session = HttpSession(http)
    session.query("create table t (a int, b varchar)")
    one = {"1": {"type": "FIXED", "value": "1"}, "2": {"type": "TEXT", "value": "x"}}
    many = {
        "1": {"type": "FIXED", "value": ["2", "3"]},
        "2": {"type": "TEXT", "value": ["y", None]},
    }
    insert = "insert into t values (?, ?)"
    assert session.query(insert, bindings=one)["data"]["rowset"] == [["1"]]
    assert session.query(insert, bindings=many)["data"]["rowset"] == [["2"]]


def test_failures_are_protocol_responses_not_http_errors(http: TestClient) -> None:
    response = HttpSession(http).query("selec", "failed")
    assert (response["success"], response["code"]) == (False, "001003")
    assert response["data"]["sqlState"] == "42000"
    assert response["data"]["queryId"] == "failed"


def test_handles_heartbeat_and_logout(http: TestClient) -> None:
    session = HttpSession(http)
    assert session.post("/session/heartbeat")["success"]
    assert session.post("/session?delete=true")["success"]
    assert session.query("select 1")["code"] == "390111"


def test_accepts_telemetry(http: TestClient) -> None:
    assert http.post("/telemetry/send", json={}).json()["success"]
