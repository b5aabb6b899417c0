"""Parses the requests and builds the responses of Snowflake's client protocol.

The protocol is not documented. This follows the sources of snowflake-connector-python
(`network.py`, `cursor.py`, `file_transfer_agent.py`) and of fakesnow's server.
"""

import gzip
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import orjson
from fakesnow.arrow import to_ipc, to_sf
from fakesnow.converter import from_binding
from fakesnow.dialect import parse_one
from fakesnow.statement_type import DML_TYPE_IDS, UNKNOWN, statement_type_id
from snowflake.connector.errors import Error
from starlette.requests import Request

from stockfeed_local.emulator import stage_commands
from stockfeed_local.emulator.result import Result
from stockfeed_local.emulator.uploads import Upload

QUERY_IN_PROGRESS = "333334"
SESSION_GONE = "390111"


async def body_of(request: Request) -> dict[str, Any]:
    """Returns the JSON object in a request; empty if the request has no body."""
    body = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    parsed: dict[str, Any] = orjson.loads(body) if body else {}
    return parsed


def bindings_of(body: Mapping[str, Any]) -> list[tuple[Any, ...]] | dict[str, Any]:
    """Returns the values of a statement's placeholders.

    Returns:
        A mapping for named placeholders. Otherwise a list of rows: empty without placeholders, one
        row for `execute`, more for `executemany`.
    """
    bindings = body.get("bindings") or {}
    if not all(key.isdigit() for key in bindings):
        return {name: from_binding(b) for name, b in bindings.items()}
    ordered = [bindings[str(position + 1)] for position in range(len(bindings))]
    if any(isinstance(b["value"], list) for b in ordered):
        columns = [[from_binding({**b, "value": v}) for v in b["value"]] for b in ordered]
        return list(zip(*columns, strict=True))
    return [tuple(from_binding(b) for b in ordered)] if ordered else []


def success(data: Any) -> dict[str, Any]:
    """Builds the response to a successful request."""
    return {"data": data, "code": None, "message": None, "success": True}


def failure(error: Error, query_id: str) -> dict[str, Any]:
    """Builds the response to a failed statement."""
    code = f"{error.errno:06d}"
    return {
        "data": {"errorCode": code, "sqlState": error.sqlstate, "queryId": query_id},
        "code": code,
        "message": error.raw_msg,
        "success": False,
    }


def in_progress(query_id: str) -> dict[str, Any]:
    """Builds the response that makes a client poll for the result."""
    data = {"queryId": query_id, "getResultUrl": f"/queries/{query_id}/result"}
    return {
        "data": data,
        "code": QUERY_IN_PROGRESS,
        "message": "Query execution in progress.",
        "success": True,
    }


def rows(
    result: Result, sql: str, query_id: str, database: str | None, schema: str | None
) -> dict[str, Any]:
    """Builds the response with a result: Arrow, or JSON for the row counts of a DML statement."""
    statement_type = _statement_type(sql)
    return success(
        {
            "parameters": [{"name": "TIMEZONE", "value": "Etc/UTC"}],
            "rowtype": result.columns,
            "total": result.table.num_rows,
            "queryId": query_id,
            "statementTypeId": statement_type,
            "finalDatabaseName": database,
            "finalSchemaName": schema,
            **_rowset(result, statement_type),
        }
    )


def _statement_type(sql: str) -> int:
    if stage_commands.parse(sql) is not None:
        return UNKNOWN
    return statement_type_id(parse_one(sql))


def upload(allowed: Upload, presigned_url: str) -> dict[str, Any]:
    """Builds the response to PUT, after which the client uploads its files."""
    return success(
        {
            "command": "UPLOAD",
            "src_locations": [allowed.source],
            "parallel": allowed.parallel,
            "autoCompress": allowed.auto_compress,
            "sourceCompression": allowed.source_compression,
            "overwrite": allowed.overwrite,
            "stageInfo": {
                "locationType": "GCS",
                "location": f"{allowed.stage}/{allowed.path}",
                "creds": {},
                "presignedUrl": presigned_url,
            },
        }
    )


def _rowset(result: Result, statement_type: int) -> dict[str, Any]:
    if statement_type in DML_TYPE_IDS:
        columns = [column.to_pylist() for column in result.table.columns]
        cells = [[None if v is None else str(v) for v in row] for row in zip(*columns, strict=True)]
        return {"queryResultFormat": "json", "rowset": cells}
    encoded = b64encode(to_ipc(to_sf(result.table, result.columns))).decode()
    return {"queryResultFormat": "arrow", "rowsetBase64": encoded}
