"""The files of internal stages: one directory per stage, named as the stage's path names them.

Snowflake's documentation: "Choosing an internal stage for local files", "LIST", "REMOVE".
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stockfeed_local.emulator.errors import sql_error
from stockfeed_local.emulator.names import QualifiedName


@dataclass(frozen=True)
class StageReference:
    """`@stage/path`: a place in a stage; the path is a prefix of file names, case as written."""

    stage: QualifiedName
    path: str


@dataclass(frozen=True)
class StagedFile:
    """A file in a stage.

    Attributes:
        name: Path within the stage, `METADATA$FILENAME`.
        path: Where its bytes are.
    """

    name: str
    path: Path

    def etag(self) -> str:
        """MD5 of the bytes, as LIST shows it."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()

    def last_modified(self) -> str:
        """When it was put, as LIST writes it."""
        when = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        return when.strftime("%a, %d %b %Y %H:%M:%S GMT")


class StageFiles:
    """All stages' files.

    Args:
        root: Directory under which every stage has its own.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def files(self, reference: StageReference) -> list[StagedFile]:
        """The files whose names begin with the reference's path, sorted by name."""
        return sorted(self._matching(reference), key=lambda file: file.name)

    def find(self, stage: QualifiedName, name: str) -> StagedFile | None:
        """One file by its whole name in the stage, if it exists."""
        path = self._path(stage, name)
        return StagedFile(name, path) if path.is_file() else None

    async def write(
        self, stage: QualifiedName, name: str, chunks: AsyncIterator[bytes], *, overwrite: bool
    ) -> bool:
        """Puts a file whole or not at all.

        Returns:
            False when the name exists already and may not be overwritten; it is left as it is.
        """
        target = self._path(stage, name)
        handle, partial = tempfile.mkstemp(dir=self._root)
        try:
            with os.fdopen(handle, "wb") as file:
                async for chunk in chunks:
                    file.write(chunk)
            return _publish(Path(partial), target, overwrite=overwrite)
        finally:
            Path(partial).unlink(missing_ok=True)  # noqa: ASYNC240 - local, and quick

    def remove(self, file: StagedFile, stage: QualifiedName) -> None:
        """Deletes a file, and directories that it leaves empty."""
        file.path.unlink(missing_ok=True)
        directory = self._directory(stage)
        for parent in file.path.parents:
            if parent == directory:
                return
            with suppress(OSError):  # another file is in it
                parent.rmdir()

    def clear(self, *names: str) -> None:
        """Deletes every file of a database, of a schema, or of a stage."""
        shutil.rmtree(self._root.joinpath(*names), ignore_errors=True)

    def _matching(self, reference: StageReference) -> Iterator[StagedFile]:
        directory = self._directory(reference.stage)
        # Only the last part of a prefix can be incomplete: nothing outside its directory matches.
        start = self._path(reference.stage, reference.path.rpartition("/")[0])
        for folder, _, names in os.walk(start):
            for name in names:
                path = Path(folder, name)
                relative = path.relative_to(directory).as_posix()
                if relative.startswith(reference.path):
                    yield StagedFile(relative, path)

    def _directory(self, stage: QualifiedName) -> Path:
        return self._root.joinpath(*stage.parts)

    def _path(self, stage: QualifiedName, name: str) -> Path:
        directory = self._directory(stage)
        path = Path(os.path.normpath(directory / name))
        if not path.is_relative_to(directory):
            raise sql_error(f"Invalid path '{name}' in stage '{stage}'.", 253003, "42601")
        return path


def _publish(partial: Path, target: Path, *, overwrite: bool) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    if overwrite:
        partial.replace(target)
        return True
    try:
        os.link(partial, target)
    except FileExistsError:
        return False
    return True
