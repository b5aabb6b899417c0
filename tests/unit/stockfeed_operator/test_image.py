"""The operator's image contains every module of the pipeline that the operator imports."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
PIPELINE = ROOT / "images" / "pipeline"


def imported_modules(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stockfeed.")
    }


def copied_paths() -> set[str]:
    text = (ROOT / "operator" / "Dockerfile").read_text().replace("\\\n", " ")
    copies = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ")]
    return {source for sources in copies for source in sources}


def test_every_imported_pipeline_module_is_copied() -> None:
    files = (ROOT / "operator" / "stockfeed_operator").rglob("*.py")
    modules = set().union(*map(imported_modules, files))
    assert modules
    copied = copied_paths()
    for module in sorted(modules):
        top = "images/pipeline/stockfeed/" + module.split(".")[1]
        assert {top, f"{top}.py"} & copied, f"operator/Dockerfile does not copy {module}"
