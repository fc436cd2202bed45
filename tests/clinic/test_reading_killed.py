"""kill -9 of the real server with its worker while it reads, and while a reader signs and adds.

At each single step: `test_killed`. Here it is the whole command, restarted, and seen through its API.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from augderm.clinic.accounts.passwords import hashed
from augderm.clinic.audit import verify
from augderm.clinic.platform import open_platform
from augderm.clinic.settings import Settings
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from support.clinic import ADA, open_case, somebody
from support.kept_browser import PASSWORD, Browser
from support.served_process import Served, wait_for

pytestmark = pytest.mark.slow
JSON = {"content-type": "application/json"}
MOMENTS_S = (0.0, 0.02)
"""After a request was sent, until the kill."""


class Restarted:
    """A served clinic that is killed with all that it started, and comes back at the same address."""

    def __init__(self, folder: Path, bundle: Path) -> None:
        self._folder, self._bundle = folder, bundle
        self.server = Served(folder, bundle)

    def kill_all(self) -> None:
        os.killpg(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait()

    def again(self) -> None:
        port = urlsplit(self.server.address).port or 0
        self.server = Served(self._folder, self._bundle, port=port)


@pytest.fixture
def clinic(tmp_path: Path, toy_bundle: Path, toy_network: Network) -> tuple[Path, str, list[str]]:
    """A folder, a reader's login, and cases: one for each moment, read by the machine, and one that waits."""
    folder = tmp_path / "clinic"
    here = open_platform(Settings(data=folder, bundle=toy_bundle))
    reader = somebody(here, "reader", "nurse", password_hash=hashed("password", PASSWORD))
    cases = []
    for number in range(len(MOMENTS_S) + 1):
        if number == len(MOMENTS_S):
            while work_once(here, toy_network, "w"):
                pass
        entry = replace(ADA, identifier=f"{number}", family_name=f"Killed {number}")
        cases.append(str(open_case(here, reader, entry, seed=number).image.case_id))
    here.database.close()
    return folder, reader.login, cases


@pytest.fixture
def restarted(clinic: tuple[Path, str, list[str]], toy_bundle: Path) -> Iterator[Restarted]:
    served = Restarted(clinic[0], toy_bundle)
    yield served
    served.server.kill()


def _rows(folder: Path, query: str, *values: str) -> list[Any]:
    with sqlite3.connect(f"file:{folder / 'augderm.db'}?mode=ro", uri=True) as connection:
        found = connection.execute(query, values).fetchall()
    connection.close()
    return found


def test_a_clinic_killed_while_it_reads_and_while_a_reader_signs_goes_on_where_it_was(
    clinic: tuple[Path, str, list[str]], restarted: Restarted, toy_bundle: Path
) -> None:
    folder, login, cases = clinic
    read = "SELECT state FROM jobs WHERE task = 'read' AND state <> 'done'"
    wait_for(lambda: _rows(folder, read) != [("queued",)], restarted.server.log)
    restarted.kill_all()
    restarted.again()
    wait_for(lambda: _rows(folder, read) == [], restarted.server.log, seconds=30)
    counted = "SELECT COUNT(*), COUNT(DISTINCT image_id) FROM assessments"
    assert _rows(folder, counted) == [(len(cases), len(cases))], "long before the dead worker's lease ended"

    browser = Browser(restarted.server, login)
    for case, moment in zip(cases, MOMENTS_S, strict=False):
        own = browser.call("POST", f"/cases/{case}/read", json={"impression": "bkl", "management": "soon"})
        decision = {"diagnosis": "bkl", "management": "soon", "reason": "as seen", "version": own["version"]}
        added = {"text": "Told by telephone."}
        decision["shown"] = added["shown"] = browser.call("GET", f"/cases/{case}")["shown"]
        for path, body in (("signature", decision), ("addenda", added)):
            sent = json.dumps(body).encode()
            browser.unanswered("POST", f"/cases/{case}/{path}", sent, JSON, len(sent), moment)
            restarted.kill_all()
            restarted.again()
            # The reader opens the case again, and does what does not stand there.
            seen = browser.call("GET", f"/cases/{case}")
            there = seen["addenda"] if path == "addenda" else seen["read"]["signed_at"]
            assert (seen["state"] == "signed") == bool(path == "addenda" or there)
            if not there:
                browser.call("POST", f"/cases/{case}/{path}", json=body)
        assert _rows(
            folder,
            "SELECT COUNT(*), SUM(signed_at IS NOT NULL AND final_diagnosis = 'bkl'), "
            "(SELECT COUNT(*) FROM recalls WHERE case_id = reads.case_id), "
            "(SELECT COUNT(*) FROM addenda WHERE read_id = reads.id) FROM reads WHERE case_id = ?",
            case,
        ) == [(1, 1, 1, 1)]
        assert browser.call("GET", f"/cases/{case}/report")
    browser.close()
    restarted.kill_all()
    assert _rows(folder, "PRAGMA integrity_check") == [("ok",)]
    here = open_platform(Settings(data=folder, bundle=toy_bundle))
    assert verify(here).broken_at is None
    here.database.close()
