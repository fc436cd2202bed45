"""What the server does beside answering: again and again, whatever fails in between."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from starlette.testclient import TestClient

from augderm.cli.serving import server
from augderm.cli.serving.server import Workers, again_and_again
from augderm.clinic.platform import Platform
from augderm.web.app import create_app


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


class Process:
    """A worker that lives until the test ends it."""

    pid = 1
    alive = True
    closed = False

    def is_alive(self) -> bool:
        if self.closed:
            raise ValueError("process object is closed")
        return self.alive

    def close(self) -> None:
        self.closed = True

    def terminate(self) -> None:
        assert self.is_alive()
        self.alive = False

    def join(self, _timeout: float | None = None) -> None:
        assert not self.closed


def test_workers_that_cannot_be_started_are_told_and_started_once_they_can_be(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started: list[Process] = []
    full, tried, there = threading.Event(), threading.Event(), threading.Event()

    def start(_workers: Workers) -> Any:
        if full.is_set():
            tried.set()
            raise OSError(12, "Cannot allocate memory")
        started.append(Process())
        if len(started) == 2:
            there.set()
        return started[-1]

    monkeypatch.setattr(Workers, "_start", start)
    monkeypatch.setattr(server, "LOOK_EVERY_S", 0.01)
    app = create_app(platform.settings, platform)
    workers = Workers(platform, 1)
    app.state.working = workers.working
    watching = TestClient(app)
    with workers:
        assert watching.get("/health").status_code == 200
        full.set()
        started[0].alive = False
        assert tried.wait(30)
        answer = watching.get("/health")
        assert answer.status_code == 503
        assert "images wait unread" in answer.json()["status"]
        full.clear()
        assert there.wait(30)
    assert "Cannot allocate memory" in caplog.text
    assert not started[1].alive, "it ended with the server"


def test_a_server_that_ends_while_no_worker_can_be_started_ends_without_a_fault(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_workers: Workers) -> Any:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(Workers, "_start", full)
    with Workers(platform, 2) as workers:
        assert not workers.working()


def test_a_server_without_workers_is_healthy(platform: Platform) -> None:
    assert Workers(platform, 0).working()
