"""Two servers or workers on one database at the same moment: nothing is lost, doubled or overwritten.

Each has connections of its own, as a process would, so that nothing but the database keeps them apart.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from augderm.clinic import queue
from augderm.clinic.assigning import take_next
from augderm.clinic.audit import seen, verify
from augderm.clinic.errors import ClinicError, Conflict, NeedsConfirmation
from augderm.clinic.images import add_image
from augderm.clinic.patients import change_patient, create_patient
from augderm.clinic.platform import Platform, open_platform
from augderm.clinic.reads import commit_impression
from augderm.store.models import CaseRow, ImageRow, JobRow, PatientRow, ReadRow
from support.clinic import ADA, open_case, phantom_jpeg, somebody
from support.postgres import on_both_databases
from support.worklist import add_cases

pytestmark = on_both_databases
SERVERS = 3


@pytest.fixture
def servers(platform: Platform) -> Iterator[list[Platform]]:
    """Platforms on the same database."""
    with ExitStack() as opened:
        made = [open_platform(platform.settings, platform.now) for _ in range(SERVERS)]
        for each in made:
            opened.callback(each.database.close)
        yield made


def _together(servers: list[Platform], act: Callable[[Platform], object]) -> list[object]:
    """Do it on all servers at once; what each gave back, or what it refused."""
    found: list[object] = []
    begin = threading.Barrier(len(servers))

    def run(server: Platform) -> None:
        begin.wait()
        try:
            found.append(act(server))
        except ClinicError as error:
            found.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(servers), "one ended with an error that is no refusal"
    return found


def _count(platform: Platform, table: type) -> int:
    with platform.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_every_job_is_leased_to_one_worker(platform: Platform, servers: list[Platform]) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    for seed in range(1, 9):
        add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(seed), "phantom.jpg")

    def work(server: Platform) -> list[str]:
        taken = []
        while (job := queue.take(server, f"worker {id(server)}")) is not None:
            taken.append(job.id)
        return taken

    taken = [key for each in _together(servers, work) for key in each]  # type: ignore[attr-defined]
    assert len(taken) == len(set(taken)) == _count(platform, JobRow) == 9


def test_the_next_case_goes_to_one_reader(platform: Platform, servers: list[Platform]) -> None:
    person = somebody(platform, "reader")
    readers = {id(server): somebody(platform, "reader", like=person) for server in servers}
    keys = add_cases(platform, person, [("soon", 0.5, 0)] * 15)

    def read(server: Platform) -> list[str]:
        taken = []
        while (case := take_next(server, readers[id(server)])) is not None:
            taken.append(case.id)
        return taken

    taken = [key for each in _together(servers, read) for key in each]  # type: ignore[attr-defined]
    assert sorted(taken) == sorted(keys)


def test_the_log_stays_one_chain(platform: Platform, servers: list[Platform]) -> None:
    person = somebody(platform, "reader")

    def look(server: Platform) -> None:
        for number in range(15):
            seen(server, person, "patient.view", "patient", str(number))

    assert _together(servers, look) == [None] * SERVERS
    head = verify(platform)
    assert (head.entries, head.broken_at) == (15 * SERVERS, None)


def test_one_person_is_taken_in_once_although_nobody_had_it_before(
    platform: Platform, servers: list[Platform]
) -> None:
    person = somebody(platform, "nurse")
    found = _together(
        servers, lambda server: create_patient(server, person, replace(ADA, identifier=f"no. {id(server)}"))
    )
    assert sum(isinstance(each, NeedsConfirmation) for each in found) == SERVERS - 1
    assert _count(platform, PatientRow) == 1


def test_of_changes_of_one_version_one_stands(platform: Platform, servers: list[Platform]) -> None:
    person = somebody(platform, "nurse")
    patient = create_patient(platform, person, ADA)
    found = _together(
        servers,
        lambda server: change_patient(
            server, person, patient.id, replace(ADA, given_name=f"Ada {id(server)}"), patient.version
        ),
    )
    assert sum(isinstance(each, Conflict) for each in found) == SERVERS - 1


def test_one_photograph_sent_to_all_is_one_image_one_case_and_one_job(
    platform: Platform, servers: list[Platform]
) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    data = phantom_jpeg(1)
    _together(servers, lambda server: add_image(server, person, case.visit.id, case.lesion.id, data, "a.jpg"))
    assert (_count(platform, ImageRow), _count(platform, JobRow), _count(platform, CaseRow)) == (2, 2, 1)


def test_an_impression_is_committed_once(platform: Platform, servers: list[Platform]) -> None:
    person = somebody(platform, "reader")
    key = str(open_case(platform, person).image.case_id)
    wanted = dict(zip(map(id, servers), ("nv", "mel", "bcc"), strict=True))
    _together(servers, lambda server: commit_impression(server, person, key, wanted[id(server)], "soon"))
    assert _count(platform, ReadRow) == 1
    assert verify(platform).broken_at is None
