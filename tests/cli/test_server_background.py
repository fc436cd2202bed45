"""What the server does beside answering: again and again, whatever fails in between."""

from __future__ import annotations

import threading

import pytest

from augderm.cli.serving.server import again_and_again
from augderm.clinic.platform import Platform


def test_a_sweep_that_failed_is_logged_and_has_its_next_turn(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    closing, turns = threading.Event(), []

    def sweep(_platform: Platform) -> None:
        turns.append(1)
        if len(turns) == 3:
            closing.set()
        if len(turns) == 2:
            raise OSError("the store is away")

    again_and_again(sweep, platform, closing, every_s=0)
    assert len(turns) == 3
    assert "sweep failed" in caplog.text
