import os
import signal

import pytest

from stockfeed.signals import on_stop_signal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_calls_back_on_each_stop_signal_and_restores_the_handlers(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    calls = []
    with on_stop_signal(lambda: calls.append(number)):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
    assert calls == [number, number]
    assert signal.getsignal(number) is before
