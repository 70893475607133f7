import multiprocessing
import os
import signal
import threading
from typing import Any

import pebble
import pytest

from postprocess import process_pool


def test_ctrl_c_while_children_begin_waits_and_then_ends_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = []

    class Interrupted(pebble.ProcessPool):
        def schedule(self, *arguments: Any, **options: Any) -> Any:
            os.kill(os.getpid(), signal.SIGINT)
            future = super().schedule(*arguments, **options)
            begun.append(len(multiprocessing.active_children()))
            return future

    monkeypatch.setattr(process_pool, "ProcessPool", Interrupted)
    over = threading.Event()
    other = threading.Thread(target=over.wait)  # takes the signal, as Arrow's threads do
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt), process_pool.process_pool(2):
            pytest.fail("Ctrl-C was lost")
    finally:
        over.set()
        other.join()
    assert begun == [2]
    assert not multiprocessing.active_children()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
