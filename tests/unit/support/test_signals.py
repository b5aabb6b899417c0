"""A test run does not pass on to its children which signals its own starter ignored."""

import os
import subprocess
import sys
from signal import SIGHUP, SIGINT, SIGQUIT, SIGTERM

_IGNORE = 'trap "" INT QUIT HUP; exec "$@"'
_PROGRAM = """
import os, signal, subprocess
from support.signals import start_children_with_default_signals

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
start_children_with_default_signals()
for number in (signal.SIGINT, signal.SIGHUP):
    os.kill(os.getpid(), number)
subprocess.run(["grep", "--extended-regexp", "Sig(Ign|Blk)", "/proc/self/status"], check=True)
"""


def test_children_start_with_default_signals_where_the_parent_ignores_them() -> None:
    done = subprocess.run(
        ["sh", "-c", _IGNORE, "sh", sys.executable, "-c", _PROGRAM],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    masks = dict(line.split(":\t") for line in done.stdout.splitlines())
    # Signals that no starter is known to ignore may have any disposition, such as those of glibc.
    starters = sum(1 << number - 1 for number in (SIGINT, SIGQUIT, SIGHUP, SIGTERM))
    assert masks.keys() == {"SigBlk", "SigIgn"}
    assert [int(mask, 16) & starters for mask in masks.values()] == [0, 0]
