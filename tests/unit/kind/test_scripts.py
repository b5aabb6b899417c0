"""The scripts in charts/kind pass shellcheck and have targets in the Makefile."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "charts" / "kind"
RUN = sorted(path for path in SCRIPTS.glob("*.sh") if os.access(path, os.X_OK))


def installed_shellcheck() -> str:
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = shutil.which("shellcheck", path=places)
    if found is not None:
        return found
    reason = "NOT CHECKED: there is no shellcheck; `make .venv/.dev` installs it"
    return pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


def test_shellcheck_reports_nothing() -> None:
    shellcheck = installed_shellcheck()

    done = subprocess.run(
        [shellcheck, "--external-sources", "--check-sourced", *RUN],
        cwd=SCRIPTS,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout + done.stderr == ""


def test_every_executable_script_has_a_make_target() -> None:
    makefile = (ROOT / "Makefile").read_text()

    called = set(re.findall(r"^\tcharts/kind/(\S+)", makefile, re.MULTILINE))

    assert called == {path.name for path in RUN}
