"""The files of internal stages, in one directory per stage.

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
    """`@stage/path`: a stage and a case-sensitive prefix of file names in it."""

    stage: QualifiedName
    path: str


@dataclass(frozen=True)
class StagedFile:
    """A file in a stage.

    Attributes:
        name: Path in the stage: `METADATA$FILENAME`.
        path: Path on disk.
    """

    name: str
    path: Path

    def etag(self) -> str:
        """Returns the MD5 of the content in hex, as LIST shows it."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()

    def last_modified(self) -> str:
        """Returns when the file was uploaded, in the format of LIST."""
        when = datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
        return when.strftime("%a, %d %b %Y %H:%M:%S GMT")


class StageFiles:
    """The files of all stages.

    Args:
        root: Parent of all stages' directories; created if missing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def files(self, reference: StageReference) -> list[StagedFile]:
        """Returns the files whose names start with the reference's path, sorted by name."""
        return sorted(self._matching(reference), key=lambda file: file.name)

    def find(self, stage: QualifiedName, name: str) -> StagedFile | None:
        """Returns the file with this name in the stage, or None."""
        path = self._path(stage, name)
        return StagedFile(name, path) if path.is_file() else None

    async def write(
        self, stage: QualifiedName, name: str, chunks: AsyncIterator[bytes], *, overwrite: bool
    ) -> bool:
        """Writes a file atomically.

        Returns:
            False if the file exists and must not be overwritten; it is left unchanged.
        """
        target = self._path(stage, name)
        handle, partial = tempfile.mkstemp(dir=self._root)
        try:
            with os.fdopen(handle, "wb") as file:
                async for chunk in chunks:
                    file.write(chunk)
            return _publish(Path(partial), target, overwrite=overwrite)
        finally:
            Path(partial).unlink(missing_ok=True)  # noqa: ASYNC240 - a local file: does not block

    def remove(self, file: StagedFile, stage: QualifiedName) -> None:
        """Deletes a file and the directories that become empty."""
        file.path.unlink(missing_ok=True)
        directory = self._directory(stage)
        for parent in file.path.parents:
            if parent == directory:
                return
            with suppress(OSError):  # the directory is not empty
                parent.rmdir()

    def clear(self, *names: str) -> None:
        """Deletes all files of a database, a schema or a stage, given by its name's parts."""
        shutil.rmtree(self._root.joinpath(*names), ignore_errors=True)

    def _matching(self, reference: StageReference) -> Iterator[StagedFile]:
        directory = self._directory(reference.stage)
        # Only the last part of a prefix may be a partial name, so only its directory is searched.
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
