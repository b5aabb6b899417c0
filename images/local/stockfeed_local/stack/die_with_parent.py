"""Replaces itself with a command that the kernel kills as soon as the parent process ends.

Run by path, as `python -I -S die_with_parent.py PARENT_PID COMMAND…`, in a new process: code
that runs between fork and exec is unsafe in a program with threads.

prctl(2), PR_SET_PDEATHSIG: the signal is sent when the parent's *thread* ends; the setting survives
exec and is not inherited by the command's own children.
"""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_NOT_FOUND: Final = 127


def run(parent: int, command: list[str]) -> None:
    """Replaces this process with `command`, which dies with the process `parent`.

    Raises:
        SystemExit: The command cannot be run, or the parent has already ended.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before prctl was called
        sys.exit(_NOT_FOUND)
    try:
        os.execvp(command[0], command)  # noqa: S606 - running a given command is the purpose
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error.strerror}\n")
        sys.exit(_NOT_FOUND)


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2:])
