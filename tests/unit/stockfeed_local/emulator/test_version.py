import importlib
import importlib.metadata

import pytest

import stockfeed_local.emulator


def test_import_fails_with_another_version_of_fakesnow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "0.13.0")
    with pytest.raises(ImportError, match=r"requires fakesnow 0\.12\.1, but 0\.13\.0 is installed"):
        importlib.reload(stockfeed_local.emulator)
