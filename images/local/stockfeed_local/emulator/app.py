"""The HTTP server for Snowflake's clients."""

import asyncio
import itertools
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from fakesnow.expr import normalise_ident
from fakesnow.transforms import SERVER_VERSION
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stockfeed_local.emulator import protocol, uploads
from stockfeed_local.emulator.errors import to_snowflake
from stockfeed_local.emulator.instance import Emulator
from stockfeed_local.emulator.names import QualifiedName
from stockfeed_local.emulator.queries import Queries, Query, ResponseBody
from stockfeed_local.emulator.result import Result
from stockfeed_local.emulator.session import EmulatorSession
from stockfeed_local.emulator.uploads import Presigner, Upload

IN_PROGRESS_AFTER = 20.0
"""Seconds after which a client gets "in progress" and polls; far below its read timeout."""

log = logging.getLogger(__name__)


class Server:
    """Serves Snowflake's client protocol.

    Args:
        emulator: The databases to serve.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._queries = Queries()
        self._presigner = Presigner()
        self._sessions: dict[str, EmulatorSession] = {}
        self._ids = itertools.count(1)

    def app(self) -> Starlette:
        """Returns the ASGI application."""
        return Starlette(
            routes=[
                Route("/session/v1/login-request", self.login, methods=["POST"]),
                Route("/session", self._with_session(self.session), methods=["POST"]),
                Route("/session/heartbeat", self._with_session(self.session), methods=["POST"]),
                Route(
                    "/queries/v1/query-request", self._with_session(self.query), methods=["POST"]
                ),
                Route(
                    "/queries/v1/abort-request", self._with_session(self.abort), methods=["POST"]
                ),
                Route("/queries/{query_id}/result", self._with_session(self.result)),
                Route(uploads.ROUTE, self.upload, methods=["PUT"]),
                Route("/telemetry/send", self.telemetry, methods=["POST"]),
            ]
        )

    def close(self) -> None:
        """Ends all sessions, rolls back their open transactions, and closes the databases."""
        self._queries.close()
        for session in self._sessions.values():
            session.end()
        self._emulator.close()

    async def login(self, request: Request) -> Response:
        """Opens a session; any user with any password or key is accepted."""
        parameters = (await protocol.body_of(request))["data"].get("SESSION_PARAMETERS") or {}
        database, schema = (_identifier(request, n) for n in ("databaseName", "schemaName"))
        session = await asyncio.to_thread(
            self._emulator.connect, database, schema, parameters, parameters.get("nop_regexes")
        )
        token = secrets.token_urlsafe(32)
        self._sessions[token] = session
        return JSONResponse(
            protocol.success(
                {
                    "token": token,
                    "sessionId": next(self._ids),
                    "serverVersion": SERVER_VERSION,
                    "parameters": [
                        {"name": "AUTOCOMMIT", "value": session.parameters["AUTOCOMMIT"] == "true"},
                        {"name": "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "value": 3600},
                        # 0: `executemany` sends its rows in the request. Above the threshold, the
                        # connector would put them into a table stage, which does not exist here.
                        {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0},
                    ],
                    "sessionInfo": {"databaseName": database, "schemaName": schema},
                }
            )
        )

    async def session(self, request: Request, session: EmulatorSession) -> ResponseBody:
        """Handles a heartbeat, or ends the session."""
        if request.query_params.get("delete"):
            self._sessions = {t: s for t, s in self._sessions.items() if s is not session}
            await asyncio.to_thread(session.end)
        return protocol.success(None)

    async def query(self, request: Request, session: EmulatorSession) -> ResponseBody:
        """Starts a statement and returns its result, or "in progress"."""
        body = await protocol.body_of(request)
        request_id = request.query_params.get("requestId") or secrets.token_hex(16)
        base_url = str(request.base_url)
        query = self._queries.start(
            request_id, session, lambda: self._response(session, body, request_id, base_url)
        )
        return await _result_or_in_progress(query, request_id)

    async def result(self, request: Request, session: EmulatorSession) -> ResponseBody:
        """Returns the result of a statement that was in progress, or "in progress" again."""
        query_id = request.path_params["query_id"]
        query = self._queries.find(query_id)
        if query is None or query.session is not session:
            return _failure(f"Statement {query_id} not found", "000709")
        return await _result_or_in_progress(query, query_id)

    async def abort(self, request: Request, session: EmulatorSession) -> ResponseBody:
        """Cancels a statement."""
        query = self._queries.find((await protocol.body_of(request)).get("requestId", ""))
        if query is not None and query.session is session and not query.response.done():
            session.transactions.cancel()
        return protocol.success(None)

    async def telemetry(self, _request: Request) -> Response:
        """Accepts and discards the connector's usage reports."""
        return JSONResponse(protocol.success(None))

    async def upload(self, request: Request) -> Response:
        """Stores one file of a PUT."""
        path, query = request.scope["raw_path"].decode(), request.query_params
        overwrite = query.get("overwrite", "")
        if not self._presigner.is_valid(path, overwrite, query.get("signature", "")):
            return Response(status_code=403)
        names = request.path_params
        stage = QualifiedName(names["database"], names["schema"], names["stage"])
        await self._emulator.files.write(
            stage, names["name"], request.stream(), overwrite=overwrite == "true"
        )
        return Response()

    def _response(
        self, session: EmulatorSession, body: dict[str, Any], query_id: str, base_url: str
    ) -> ResponseBody:
        try:
            result = _run(session, body)
            if isinstance(result, Upload):
                return protocol.upload(result, self._presigner.url(base_url, result))
            return protocol.rows(
                result, body["sqlText"], query_id, session.database, session.schema
            )
        except Exception as error:  # noqa: BLE001 - every failure must become a response of the protocol
            log.info("%s: %s", type(error).__name__, error)
            return protocol.failure(to_snowflake(error), query_id)

    def _with_session(
        self, handler: Callable[[Request, EmulatorSession], Awaitable[ResponseBody]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            token = request.headers.get("Authorization", "").partition('Token="')[2].rstrip('"')
            session = self._sessions.get(token)
            if session is None:
                gone = _failure(
                    "Session no longer exists. New login required.", protocol.SESSION_GONE
                )
                return JSONResponse(gone)
            return JSONResponse(await handler(request, session))

        return handle


def _identifier(request: Request, parameter: str) -> str | None:
    value = request.query_params.get(parameter)
    return normalise_ident(value) if value else None


async def _result_or_in_progress(query: Query, query_id: str) -> ResponseBody:
    response = asyncio.wrap_future(query.response)
    done, _ = await asyncio.wait({response}, timeout=IN_PROGRESS_AFTER)
    return response.result() if done else protocol.in_progress(query_id)


def _run(session: EmulatorSession, body: dict[str, Any]) -> Result | Upload:
    bindings = protocol.bindings_of(body)
    sql = body["sqlText"]
    if isinstance(bindings, dict):
        return session.run(sql, bindings)
    return session.run_rows(sql, bindings)


def _failure(message: str, code: str) -> ResponseBody:
    return {"data": None, "code": code, "message": message, "success": False}
