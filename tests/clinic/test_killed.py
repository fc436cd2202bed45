"""kill -9 at each step of analysis, signing, second opinions and erasure, then a restart: nothing is lost,
doubled or half done. `test_intake_killed` kills the real server.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from augderm.cli.serving.server import AT_START, IN_BACKGROUND
from augderm.clinic.addenda import Change, add_addendum
from augderm.clinic.audit import verify
from augderm.clinic.derived import MAPS
from augderm.clinic.erasure import erase_patient
from augderm.clinic.errors import Conflict, NotFound
from augderm.clinic.images import add_image
from augderm.clinic.opinions import answer, commit_asked, see_asked_assessment
from augderm.clinic.outcomes import OutcomeEntry, enter_outcome
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.queue import READ
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import commit_impression
from augderm.clinic.recalls import plan_recall
from augderm.clinic.referrals import ask
from augderm.clinic.signing import Decision, sign
from augderm.clinic.worker import work_once
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
from augderm.store.models import JobRow
from augderm.web.report_files import html_answer
from support.clinic import ADA, Case, Clock, open_case, phantom_jpeg, platform_in, somebody
from support.killing import committed, contents, killed_at_each_step

pytestmark = pytest.mark.slow
DECISION = Decision(diagnosis="bkl", management="soon", reason="as seen")
"""What the toy network says too: nothing contradicts it, and it asks for a control."""
LOOKS = ("case.read", "referral.open", "report.view", "image.view", "image.facts", "assessment.view")
"""Entries of who only looked: doing it again after a kill is another look."""


@dataclass(frozen=True)
class Scene:
    """A clinic in which each act has its place: one folder for each stage of a case."""

    stages: dict[str, Path]
    network: Network
    bundle: Path
    reader: Person
    colleague: Person
    case: Case
    referral: str

    @property
    def case_id(self) -> str:
        return str(self.case.image.case_id)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, toy_bundle: Path) -> Scene:
    """A photograph taken in, read by the machine, by the reader, signed, and asked about."""
    root = tmp_path_factory.mktemp("killed")
    stages: dict[str, Path] = {}
    # One thread: a forked process has none of a network's others.
    network = Network(load_bundle(toy_bundle), 1)
    here = platform_in(root / "clinic", toy_bundle, Clock())

    def stage(name: str) -> None:
        here.database.close()
        stages[name] = root / name
        shutil.copytree(here.settings.data, stages[name])

    reader, colleague = somebody(here, "reader", "nurse", "administrator"), somebody(here, "reader")
    case = open_case(here, reader)
    case_id = str(case.image.case_id)
    stage("taken in")
    assert work_once(here, network, "w")
    stage("read by the machine")
    referral = ask(here, reader, case_id, colleague.user_id, False, "What is it?").id
    stage("asked about")
    commit_impression(here, reader, case_id, DECISION.diagnosis, DECISION.management)
    stage("committed")
    open_reading(here, reader, case_id)
    stage("seen")
    sign(here, reader, case_id, DECISION, 1, 0)
    stage("signed")
    here.database.close()
    return Scene(stages, network, toy_bundle, reader, colleague, case, referral)


def _work(task: str, scene: Scene, here: Platform) -> None:
    """Work until such a job is done, as workers do, and on no other."""
    with here.database.reading() as session:
        waits = session.scalar(select(JobRow.id).where(JobRow.task == task, JobRow.state != "done"))
    if waits is not None:
        work_once(here, scene.network, "w")


def _take_in(scene: Scene, here: Platform) -> None:
    add_image(here, scene.reader, scene.case.visit.id, scene.case.lesion.id, phantom_jpeg(1), "b.jpg")


def _commit(scene: Scene, here: Platform) -> None:
    commit_impression(here, scene.reader, scene.case_id, DECISION.diagnosis, DECISION.management)


def _look(scene: Scene, here: Platform) -> None:
    open_reading(here, scene.reader, scene.case_id)


def _sign(scene: Scene, here: Platform) -> None:
    sign(here, scene.reader, scene.case_id, DECISION, 1, 0)


def _add(scene: Scene, here: Platform) -> None:
    add_addendum(here, scene.reader, scene.case_id, "Told by telephone.", Change(words=1))


def _report(scene: Scene, here: Platform) -> None:
    assert html_answer(here, scene.reader, scene.case_id, "en", "patient", download=True).body


def _ask(scene: Scene, here: Platform) -> None:
    ask(here, scene.reader, scene.case_id, scene.colleague.user_id, False, "What is it?")


def _answer(scene: Scene, here: Platform) -> None:
    with suppress(Conflict):
        commit_asked(here, scene.colleague, scene.referral, "bkl", "reassure")
    see_asked_assessment(here, scene.colleague, scene.referral, scene.case.image.id)
    answer(here, scene.colleague, scene.referral, "bkl", "reassure", "Nothing.", 1)


def _find(scene: Scene, here: Platform) -> None:
    entry = OutcomeEntry(confirmed_by="histopathology", diagnosis="bkl")
    enter_outcome(here, scene.reader, scene.case.lesion.id, entry, scene.case_id)


def _recall(scene: Scene, here: Platform) -> None:
    plan_recall(here, scene.reader, scene.case.lesion.id, "2030-01-01", "wishes it")


def _erase(scene: Scene, here: Platform) -> None:
    erase_patient(here, scene.reader, scene.case.patient.id, ADA.identifier, 1)


ACTS: dict[str, tuple[str, Callable[[Scene, Platform], None]]] = {
    "a photograph is taken in": ("read by the machine", _take_in),
    "the machine reads it": ("taken in", partial(_work, READ)),
    "maps are drawn of it": ("read by the machine", partial(_work, MAPS)),
    "a reader commits an impression": ("read by the machine", _commit),
    "the machine's read is shown": ("committed", _look),
    "the reader signs": ("seen", _sign),
    "an addendum is added": ("signed", _add),
    "the report is prepared": ("signed", _report),
    "a colleague is asked": ("read by the machine", _ask),
    "the colleague answers": ("asked about", _answer),
    "a control is planned": ("signed", _recall),
    "the outcome is entered": ("signed", _find),
    "the patient is erased": ("signed", _erase),
}
"""By what is done: the stage of the case, and the act."""


@pytest.mark.parametrize("name", ACTS)
def test_whatever_is_killed_at_any_step_is_whole_or_was_not_done_and_is_done_once_when_done_again(
    scene: Scene, name: str
) -> None:
    stage, do = ACTS[name]
    start, act = scene.stages[stage], partial(do, scene)
    states = committed(start, scene.bundle, Clock(), act)
    met = []
    for folder in killed_at_each_step(start, scene.bundle, Clock(), act):
        left = contents(folder)
        # Never a state between two commits.
        met.append(states.index(left))
        # Two days later: leases have ended, and what nobody names is old enough to be swept.
        clock = Clock(datetime.now(UTC) + timedelta(days=2))
        here = platform_in(folder, scene.bundle, clock)
        try:
            for task in (*AT_START, *IN_BACKGROUND):
                task(here)
            clock.forward(timedelta(seconds=1))
            _check_whole(here)
            with suppress(Conflict, NotFound):  # it was done already
                act(here)
            _check_whole(here)
            assert _but_looks(contents(folder)) == _but_looks(states[-1])
        finally:
            here.database.close()
    assert met == sorted(met), "later kills leave no less"
    assert set(met) == set(range(len(states))), "each state was met"


def _but_looks(found: dict[str, Any]) -> dict[str, Any]:
    entries = [Counter(each for each in found["audit"] if not any(f"'{look}'" in each for look in LOOKS))]
    return {**found, "audit": entries}


def _check_whole(here: Platform) -> None:
    """The chain of the log, references, blobs; and what belongs together is there together."""
    assert verify(here).broken_at is None
    with sqlite3.connect(here.settings.data / "augderm.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = {
            table: [
                dict(zip([column[0] for column in cursor.description], row, strict=True)) for row in cursor
            ]
            for table in (
                "images",
                "jobs",
                "assessments",
                "derived",
                "reads",
                "cases",
                "recalls",
                "referrals",
            )
            for cursor in [connection.execute(f"SELECT * FROM {table}")]
        }
        assert connection.execute("SELECT COUNT(*) FROM erased_blobs").fetchone() == (0,)
    connection.close()
    named = {row[column] for row in rows["images"] for column in ("sha256", "preview_sha256")}
    for row in (*rows["assessments"], *rows["derived"]):
        named |= {*json.loads(row["pictures"]).values()}
    kept = {path.name for path in (here.settings.data / "blobs").rglob("*") if len(path.name) == 64}
    assert kept == named, "no file is missing, and none is left over"
    assert all(here.blobs.get(sha256) for sha256 in named)
    done = {(row["image_id"], row["task"]) for row in rows["jobs"] if row["state"] == "done"}
    results = [(row["image_id"], READ) for row in rows["assessments"]]
    results += [(row["image_id"], row["task"]) for row in rows["derived"]]
    assert sorted(results) == sorted(done), "a job is done with its one result, and no result without"
    to_read = [row["image_id"] for row in rows["jobs"] if row["task"] == READ]
    assert sorted(to_read) == sorted(row["id"] for row in rows["images"])
    for read in rows["reads"]:
        final = (read["signed_at"], read["final_diagnosis"], read["final_management"])
        assert all(final) or not any(final), "no half signature"
        (case,) = (each for each in rows["cases"] if each["id"] == read["case_id"])
        recalls = [each for each in rows["recalls"] if each["case_id"] == case["id"]]
        assert (case["state"] == "signed", len(recalls)) == ((True, 1) if all(final) else (False, 0))
    for referral in rows["referrals"]:
        assert bool(referral["answered_at"]) == bool(referral["impression"]) == bool(referral["answer"])
