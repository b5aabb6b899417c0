"""Long test files start first, and files that share something expensive stay together."""

from support.scheduling import ROOT, ranks, unit_of


def test_a_file_is_a_unit() -> None:
    assert unit_of("tests/unit/test_a.py::test_x[a::b]") == "tests/unit/test_a.py"


def test_files_that_share_a_loaded_feed_are_one_unit() -> None:
    files = sorted((ROOT / "tests/integration/inspection").glob("test_*.py"))

    assert len(files) > 1
    units = {unit_of(file.relative_to(ROOT).as_posix()) for file in files}
    assert units == {"tests/integration/inspection/"}


def test_long_units_start_first_after_unknown_ones_and_builds() -> None:
    verify, trace = (f"tests/integration/inspection/test_{name}.py" for name in ("verify", "trace"))
    demo, stack = "tests/integration/test_demo.py", "tests/integration/test_stack.py"
    durations = {demo: 30, stack: 2, trace: 20, verify: 20, "tests/unit/test_slow.py": 5}
    units = [
        "tests/unit/test_fast.py",
        "tests/unit/test_slow.py",
        stack,
        demo,
        unit_of(trace),
        "tests/integration/test_new.py",
        "tests/integration/crd/",
    ]

    assert sorted(units, key=ranks(units, durations).__getitem__) == [
        "tests/integration/crd/",
        "tests/integration/test_new.py",
        "tests/integration/inspection/",
        demo,
        "tests/unit/test_slow.py",
        stack,
        "tests/unit/test_fast.py",
    ]
