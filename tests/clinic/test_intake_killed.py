"""kill -9 of the real server and of its worker at each step: no case lost, doubled or half-written."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx2 import Client, HTTPError
from PIL import Image

from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.clinic.accounts.passwords import hashed
from augderm.clinic.platform import open_platform
from augderm.clinic.queue import READ
from augderm.clinic.settings import Settings
from augderm.clinic.uploads import MAX_CHUNK_BYTES
from augderm.store.blobs import Blobs
from support.clinic import somebody
from support.kept_browser import PASSWORD, Browser
from support.served_process import Served, wait_for

pytestmark = pytest.mark.slow


def _picture(seed: int, scale: int = 1) -> bytes:
    spec = PhantomSpec(width_px=640, height_px=480, long_axis_px=280, short_axis_px=220, seed=seed)
    buffer = io.BytesIO()
    image = Image.fromarray(draw_phantom(spec).pixels)
    image.resize((640 * scale, 480 * scale)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path, toy_bundle: Path) -> Path:
    return tmp_path / "clinic"


@pytest.fixture
def login(folder: Path, toy_bundle: Path) -> str:
    platform = open_platform(Settings(data=folder, bundle=toy_bundle))
    person = somebody(platform, "reader", "nurse", password_hash=hashed("password", PASSWORD))
    platform.database.close()
    return person.login


@pytest.fixture
def servers() -> Iterator[list[Served]]:
    started: list[Served] = []
    yield started
    for each in started:
        each.kill()


def _rows(folder: Path, query: str) -> list[Any]:
    with sqlite3.connect(f"file:{folder / 'augderm.db'}?mode=ro", uri=True) as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def _check_whole(folder: Path) -> int:
    """Every image has its blobs, its case and one job; no case is empty or doubled. Returns the images."""
    blobs = Blobs(str(folder / "blobs"))
    images = _rows(folder, "SELECT id, sha256, preview_sha256, case_id, visit_id, lesion_id FROM images")
    for _, sha256, preview, *_rest in images:
        assert hashlib.sha256(blobs.get(sha256)).hexdigest() == sha256
        assert blobs.get(preview)
    assert len({(sha256, visit, lesion) for _, sha256, _, _, visit, lesion in images}) == len(images)
    cases = _rows(folder, "SELECT id, visit_id, lesion_id, due_at FROM cases")
    assert {case for case, *_ in cases} == {row[3] for row in images}
    assert all(due is not None for *_, due in cases)
    assert len({(visit, lesion) for _, visit, lesion, _ in cases}) == len(cases)
    jobs = _rows(folder, "SELECT image_id, answers, task FROM jobs")
    assert {image for image, _, task in jobs if task == READ} == {row[0] for row in images}
    assert len(set(jobs)) == len(jobs)
    doubled = _rows(folder, "SELECT image_id, answers FROM assessments GROUP BY 1, 2 HAVING COUNT(*) > 1")
    assert doubled == []
    assert _rows(folder, "PRAGMA integrity_check") == [("ok",)]
    return len(images)


def test_a_server_killed_at_each_step_of_an_upload_loses_doubles_and_halves_nothing(
    folder: Path, login: str, toy_bundle: Path, servers: list[Served]
) -> None:
    data = _picture(1, 3)
    assert len(data) > MAX_CHUNK_BYTES // 4
    key_headers = {"content-type": "application/offset+octet-stream"}
    port = 0

    def serve() -> Browser:
        nonlocal port
        served = Served(folder, toy_bundle, 0, port)
        port = urlsplit(served.address).port or 0
        servers.append(served)
        return Browser(served, login)

    browser = serve()
    visit, lesion = browser.case()
    sha256 = hashlib.sha256(data).hexdigest()
    path = f"/visits/{visit}/lesions/{lesion}/uploads/{sha256}"
    announced = {"length": len(data), "file_name": "a.png"}
    half = len(data) // 2

    def after_announcing() -> None:
        browser.call("PUT", path, json=announced)

    def within_a_piece() -> None:
        browser.unanswered("PATCH", path, data[:half], key_headers | {"upload-offset": "0"}, half // 2)

    def after_a_piece() -> None:
        browser.call("PATCH", path, content=data[:half], headers=key_headers | {"upload-offset": "0"})

    def after_the_last_piece() -> None:
        offset = browser.call("GET", path)["offset"]
        headers = key_headers | {"upload-offset": str(offset)}
        browser.call("PATCH", path, content=data[offset:], headers=headers)

    def while_finishing() -> None:
        browser.unanswered("POST", f"{path}/finish", b"{}", {"content-type": "application/json"}, 2)

    def after_finishing() -> None:
        browser.call("PUT", path, json=announced)
        if browser.call("GET", path)["added"] is None:
            browser.call("POST", f"{path}/finish", json={})

    for step in (
        after_announcing,
        within_a_piece,
        after_a_piece,
        after_the_last_piece,
        while_finishing,
        after_finishing,
    ):
        step()
        servers[-1].kill()
        browser.close()
        _check_whole(folder)
        browser = serve()
        there = browser.call("PUT", path, json=announced)
        assert there["offset"] in (0, half, len(data)), step.__name__
    assert browser.call("POST", f"{path}/finish", json={})["new"] is False
    browser.close()
    assert _check_whole(folder) == 1
    assert [path for path in (folder / "uploads").rglob("*") if path.is_file()] == []


def test_a_server_killed_at_any_moment_of_taking_an_image_in_does_it_whole_or_not_at_all(
    folder: Path, login: str, toy_bundle: Path, servers: list[Served]
) -> None:
    outcomes = []
    for number, seconds in enumerate((0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4)):
        served = Served(folder, toy_bundle, 0)
        servers.append(served)
        browser = Browser(served, login)
        visit, lesion = browser.case()
        data = _picture(number)
        before = _check_whole(folder)
        part = b'--x\r\nContent-Disposition: form-data; name="'
        body = part + b'lesion"\r\n\r\n' + lesion.encode() + b"\r\n"
        body += part + b'file"; filename="a.png"\r\n\r\n' + data + b"\r\n--x--\r\n"
        kind = {"content-type": "multipart/form-data; boundary=x"}
        browser.unanswered("POST", f"/visits/{visit}/images", body, kind, len(body))
        time.sleep(seconds)
        served.kill()
        browser.close()
        after = _check_whole(folder)
        assert after in (before, before + 1)
        outcomes.append(after - before)
    assert 0 in outcomes or 1 in outcomes
    served = Served(folder, toy_bundle, 0)
    servers.append(served)
    browser = Browser(served, login)
    browser.call("POST", f"/visits/{visit}/images", data={"lesion": lesion}, files={"file": ("a.png", data)})
    browser.close()
    again = sum(outcomes) + (1 if outcomes[-1] == 0 else 0)
    assert _check_whole(folder) == again


def test_a_worker_killed_in_the_middle_of_a_read_is_started_anew_and_the_image_read_once(
    folder: Path, login: str, toy_bundle: Path, servers: list[Served]
) -> None:
    served = Served(folder, toy_bundle, 1)
    servers.append(served)
    browser = Browser(served, login)
    visit, lesion = browser.case()
    for seed in range(3):
        files = {"file": ("a.png", _picture(seed, 6))}
        browser.call("POST", f"/visits/{visit}/images", data={"lesion": lesion}, files=files)
    browser.close()
    running = "SELECT lease_owner FROM jobs WHERE state = 'running' AND task = 'read'"
    wait_for(lambda: bool(_rows(folder, running)), served.log)
    worker = int(_rows(folder, running)[0][0].split("-")[1])
    os.kill(worker, signal.SIGKILL)
    assert _check_whole(folder) == 3
    wait_for(lambda: _rows(folder, "SELECT COUNT(*) FROM assessments") == [(3,)], served.log)
    assert _check_whole(folder) == 3
    states = _rows(folder, "SELECT state, attempts FROM jobs WHERE task = 'read' ORDER BY attempts")
    assert states == [("done", 1), ("done", 1), ("done", 2)]
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_what_a_killed_server_started_ends_by_itself(
    folder: Path, login: str, toy_bundle: Path, servers: list[Served]
) -> None:
    served = Served(folder, toy_bundle, 1)
    servers.append(served)
    wait_for(lambda: len(served.children("spawn_main")) == 3, served.log)  # a worker and two decoders
    started = served.children("spawn_main")
    served.kill()

    def alive(pid: int) -> bool:
        try:
            return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False

    wait_for(lambda: not any(alive(pid) for pid in started), served.log)
    with pytest.raises(HTTPError), Client(base_url=served.address, timeout=5) as client:
        client.get("/login")
