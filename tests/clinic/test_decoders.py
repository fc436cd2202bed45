"""Decoding processes: what crashes, hangs or fills the memory is refused, and the next image is decoded."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from augderm.clinic.decoders import Decoders
from augderm.clinic.preparing import prepare
from augderm.domain.errors import InvalidImage, LimitExceeded
from support.clinic import phantom_jpeg


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    with Decoders(1) as made:
        yield made


def _pid(decoders: Decoders) -> int:
    pid = decoders._all[0]._process.pid
    assert pid is not None
    return pid


def _stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    while "(stopped)" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8"):
        time.sleep(0.01)


def test_another_process_gives_what_this_one_would(decoders: Decoders) -> None:
    data = phantom_jpeg()
    assert _pid(decoders) != os.getpid()
    assert decoders.prepare(data) == prepare(data)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", phantom_jpeg()[:3000], phantom_jpeg() + b"PK\x01\x02PK\x05\x06"]
)
def test_a_refusal_comes_back_as_one_and_the_process_stays(decoders: Decoders, data: bytes) -> None:
    pid = _pid(decoders)
    with pytest.raises(InvalidImage):
        decoders.prepare(data)
    assert _pid(decoders) == pid


def test_a_process_that_is_killed_while_it_decodes_is_replaced_and_the_image_refused(
    decoders: Decoders,
) -> None:
    pid, data = _pid(decoders), phantom_jpeg()
    _stop(pid)  # it takes the bytes and does not answer
    threading.Timer(0.5, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(InvalidImage, match="was ended by it"):
        decoders.prepare(data)
    assert _pid(decoders) != pid
    assert decoders.prepare(phantom_jpeg()).width_px == 320


def test_a_process_that_died_while_idle_costs_no_image(decoders: Decoders) -> None:
    os.kill(_pid(decoders), signal.SIGKILL)
    decoders._all[0]._process.join()
    assert decoders.prepare(phantom_jpeg()).width_px == 320


def test_an_image_that_takes_too_long_is_refused_with_the_limit() -> None:
    with Decoders(1, seconds=30) as made:
        data = phantom_jpeg()
        made.prepare(data)
        _stop(_pid(made))
        made._seconds = 0.2
        with pytest.raises(LimitExceeded, match=r"0\.2 s"):
            made.prepare(data)
        made._seconds = 30
        assert made.prepare(phantom_jpeg()).height_px == 240


def test_an_image_that_needs_too_much_memory_is_refused() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (10_000, 10_000)).save(buffer, "PNG")
    with (
        Decoders(1, memory=450 * 2**20) as made,
        pytest.raises((LimitExceeded, InvalidImage), match="memory"),
    ):
        made.prepare(buffer.getvalue())
