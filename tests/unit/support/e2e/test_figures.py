from pathlib import Path

from support.e2e.figures import Figures


def test_later_runs_add_to_earlier_ones(tmp_path: Path) -> None:
    file = tmp_path / "build" / "figures.json"
    Figures(file).note("Failover", "12 s")
    Figures(file).note("Scale: feeds", "100")
    later = Figures(file)
    later.note("Failover", "9 s")
    assert later.lines() == ["Failover: 9 s"]
    assert file.read_text().count(":") == 3
    assert '"Failover": "9 s"' in file.read_text()
