"""What PUT, LIST and REMOVE answer. Snowflake's documentation: "PUT", "LIST", "REMOVE"."""

import re

import pyarrow as pa

from stockfeed_local.emulator.stage_catalog import StageCatalog
from stockfeed_local.emulator.stage_commands import List, Put, Remove
from stockfeed_local.emulator.stages import StagedFile, StageReference
from stockfeed_local.emulator.uploads import Upload

_LISTED = pa.schema(
    [
        ("name", pa.string()),
        ("size", pa.int64()),
        ("md5", pa.string()),
        ("last_modified", pa.string()),
    ]
)
_REMOVED = pa.schema([("name", pa.string()), ("result", pa.string())])


def answer(command: Put | List | Remove, stages: StageCatalog) -> pa.Table | Upload:
    """Carries a stage command out.

    Returns:
        The answer's rows; for PUT what the client may send.
    """
    reference = stages.reference(command.reference)
    if isinstance(command, Put):
        return _upload(command, reference)
    files = _files(stages, reference, command.pattern)
    if isinstance(command, List):
        rows = [_listed(file, reference) for file in files]
        return pa.Table.from_pylist(rows, schema=_LISTED)
    for file in files:
        stages.files.remove(file, reference.stage)
    names = [{"name": _shown(file, reference), "result": "removed"} for file in files]
    return pa.Table.from_pylist(names, schema=_REMOVED)


def _upload(put: Put, reference: StageReference) -> Upload:
    return Upload(
        source=put.source,
        stage=reference.stage,
        path=reference.path,
        parallel=put.parallel,
        auto_compress=put.auto_compress,
        source_compression=put.source_compression,
        overwrite=put.overwrite,
    )


def _files(
    stages: StageCatalog, reference: StageReference, pattern: str | None
) -> list[StagedFile]:
    files = stages.files.files(reference)
    return [f for f in files if pattern is None or re.fullmatch(pattern, _shown(f, reference))]


def _listed(file: StagedFile, reference: StageReference) -> dict[str, object]:
    return {
        "name": _shown(file, reference),
        "size": file.path.stat().st_size,
        "md5": file.etag(),
        "last_modified": file.last_modified(),
    }


def _shown(file: StagedFile, reference: StageReference) -> str:
    return f"{reference.stage.name.lower()}/{file.name}"
