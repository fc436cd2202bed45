"""The load test of a clinic: `augderm serve` as it is shipped, in its own processes, on a seeded database."""

from __future__ import annotations

import os
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from augderm.cli.benching.erasing import erasure_s
from augderm.cli.benching.photographs import NOISE, marked, photograph
from augderm.cli.benching.processes import Use, session_processes, waited_s
from augderm.cli.benching.seed import Seeded, seed_clinic
from augderm.cli.benching.uploads import Rows, uploads_in_a_row
from augderm.cli.benching.visitor import Unwanted, Visitor
from augderm.clinic.platform import open_platform
from augderm.clinic.settings import Settings

READERS = 20
THINK_S = 1.0
"""Between two pages of one reader: ten times as fast as somebody who looks at a case."""
LOAD_S = 30.0
STARTS = 5
SINGLE_UPLOADS = 11
PAGE_POLLS_S = 0.4
"""How often the page asks for an assessment (`_assessment.html`)."""
LONGEST_READ_S = 120.0
LINK = re.compile(r'<a href="(/cases/[0-9a-f-]{36})')
PATIENT = re.compile(r"/patients/[0-9a-f-]{36}")
BLIND, SHOWN = "case, blind", "case, machine shown"
"""The page of a case before and after the own impression."""
LIMITS_MS = {"worklist": 150, BLIND: 200, SHOWN: 200, "patient": 200}
"""Pages, and their wanted 95th percentile."""
IMAGE = re.compile(r"/images/([0-9a-f-]{36})/preview")


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its port, and its process id, which its session has too."""

    port: int
    pid: int

    def server(self) -> Use:
        """What the server's process uses."""
        return session_processes(self.pid)[self.pid]


def load_clinic(folder: Path, lesions: int, uploads: int, reads: int, tell: Callable[[str], None]) -> Rows:
    """Seed, serve, load; gives rows of what, measured, wanted.

    Args:
        folder: empty; some 35 kB a lesion, and the uploads.
        uploads, reads, tell: of `uploads_in_a_row`; 0 uploads for none.
    """
    platform = open_platform(Settings(data=folder))
    began = time.perf_counter()
    seeded = seed_clinic(platform, lesions, READERS)
    rows: Rows = [
        ("load average of the machine, 1 min", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", ""),
        ("seeding, once", f"{time.perf_counter() - began:.0f} s", ""),
    ]
    rows.append(("erasing a patient", _spread(erasure_s(platform, seeded), "ms"), ""))
    starts, costs = [], []
    for _ in range(STARTS):
        began = time.perf_counter()
        with _served(folder) as served:
            starts.append(time.perf_counter() - began)
            costs.append(served.server().cpu_s)
    cost = f"; {statistics.median(costs):.1f} s of processor"
    rows.append(("server answers after", _spread(starts, "s", 1) + cost, "<= 3 s"))
    with _served(folder) as served:
        for think in (THINK_S, 0.0):
            rows += _read_together(served, seeded, think)
        rows.append(("upload of 5 MB to assessment on screen", *_uploads_alone(served, seeded)))
        if uploads:
            rows += uploads_in_a_row(platform, served.port, served.pid, seeded, uploads, reads, tell)
    rows.append(("load average at the end", f"{os.getloadavg()[0]:.1f}", ""))
    platform.database.close()
    return rows


@contextmanager
def _served(folder: Path) -> Iterator[Served]:
    command = [sys.executable, "-m", "augderm", "serve", "--data", str(folder), "--port", "0"]
    process = subprocess.Popen(  # noqa: S603  (our own arguments)
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    try:
        port = None
        for line in process.stdout:
            if found := re.search(r"http://localhost:(\d+)", line):
                port = int(found[1])
                break
        if port is None:
            raise Unwanted("the server ended before it could be reached")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
            answer.read()
        yield Served(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()


def _read_together(served: Served, seeded: Seeded, think: float) -> Rows:
    """All readers go from the worklist to a case, commit an impression, look at the machine's read and at the
    patient, and go back, each for `LOAD_S`.
    """
    times: dict[str, list[float]] = {name: [] for name in LIMITS_MS}
    faults: list[str] = []
    before, waited, began = served.server(), waited_s(served.pid), time.perf_counter()

    def read(number: int, token: str) -> None:
        numbers = random.Random(number)  # noqa: S311
        visitor = Visitor(served.port, token)
        try:
            # Not all at the same moment.
            time.sleep(numbers.uniform(0, think))
            while time.perf_counter() - began < LOAD_S:
                page = _timed(times["worklist"], visitor, "/worklist")
                time.sleep(think)
                case = numbers.choice(LINK.findall(page))
                began_page = time.perf_counter()
                page = visitor.get(case).text
                blind = f"{case}/impression" in page
                times[BLIND if blind else SHOWN].append(time.perf_counter() - began_page)
                if blind:
                    time.sleep(think)
                    visitor.commit(case)
                    page = _timed(times[SHOWN], visitor, case)
                time.sleep(think)
                _timed(times["patient"], visitor, PATIENT.findall(page)[0])
                time.sleep(think)
        except (Unwanted, OSError) as error:
            faults.append(str(error))
        finally:
            visitor.close()

    threads = [threading.Thread(target=read, args=each) for each in enumerate(seeded.tokens)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not times[SHOWN]:
        raise Unwanted(f"no page was answered: {faults[0] if faults else 'the worklist is empty'}")
    after, taken = served.server(), time.perf_counter() - began
    count = sum(map(len, times.values()))
    how = f"{READERS} readers, {f'{think:.0f} s between pages' if think else 'without a pause'}"
    rows = [
        (f"{what} page, {how}", _spread(times[what], "ms"), f"p95 <= {limit} ms" if think else "")
        for what, limit in LIMITS_MS.items()
        # Fewer have no percentile: without a pause readers may run out of cases that they have not committed.
        if len(times[what]) > 1
    ]
    cpu = (after.cpu_s - before.cpu_s) / count * 1000
    queued = (waited_s(served.pid) - waited) / count * 1000
    rows.append(
        (
            f"of it, {how}",
            f"{count / taken:.0f} pages/s; a page: {cpu:.0f} ms of CPU, {queued:.0f} ms waiting for it",
            "",
        )
    )
    if faults:
        rows.append(("FAULTS", f"{len(faults)}: {faults[0]}", "0"))
    return rows


def _timed(times: list[float], visitor: Visitor, path: str) -> str:
    began = time.perf_counter()
    text = visitor.get(path).text
    times.append(time.perf_counter() - began)
    return text


def _uploads_alone(served: Served, seeded: Seeded) -> tuple[str, str]:
    """From sending the form to the fragment that holds the assessment, asked for as the page does."""
    data = photograph(4000, 3000, NOISE)
    visitor, times, known = Visitor(served.port, seeded.tokens[0]), [], set[str]()
    known |= set(IMAGE.findall(visitor.get(f"/visits/{seeded.visit_id}").text))
    for number in range(SINGLE_UPLOADS):
        one = marked(data, number)
        began = time.perf_counter()
        page = visitor.get(visitor.upload(seeded.visit_id, seeded.lesion_id, one)).text
        (image,) = set(IMAGE.findall(page)) - known
        known.add(image)
        while 'data-state="done"' not in visitor.get(f"/images/{image}/assessment", htmx=True).text:
            if time.perf_counter() - began > LONGEST_READ_S:
                raise Unwanted(f"the image {image} is not read after {LONGEST_READ_S:.0f} s")
            time.sleep(PAGE_POLLS_S)
        times.append(time.perf_counter() - began)
    visitor.close()
    return f"{_spread(times[1:], 's', 1)}; {len(data) / 1e6:.1f} MB", "<= 1.5 s"


def _spread(seconds: Sequence[float], unit: str, digits: int = 0) -> str:
    """Median and 95th percentile."""
    scale = 1000 if unit == "ms" else 1
    p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
    middle = statistics.median(seconds)
    digits = digits + 1 if unit == "s" else digits
    return f"median {middle * scale:.{digits}f}, p95 {p95 * scale:.{digits}f} {unit} of {len(seconds)}"
