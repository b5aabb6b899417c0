import importlib
import importlib.metadata

import pytest

import stockfeed_local.emulator


def test_another_fakesnow_is_refused_at_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.13.0")
    with pytest.raises(ImportError, match=r"extends fakesnow 0\.12\.1, but 0\.13\.0 is installed"):
        importlib.reload(stockfeed_local.emulator)
