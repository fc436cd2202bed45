"""The load test of a clinic: `augderm serve` as it is shipped, in its own processes, on a seeded database."""

from __future__ import annotations

import io
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from augderm.cli.benching.processes import Use, session_processes, waited_s
from augderm.cli.benching.seed import Seeded, seed_clinic
from augderm.cli.benching.visitor import Unwanted, Visitor
from augderm.clinic.platform import Platform, open_platform
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
IMAGE = re.compile(r"/images/([0-9a-f-]{36})/preview")
NOISE = 12
"""Of a pixel, to either side: makes a JPEG of 4000 x 3000 some 5 MB."""
Rows = list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its port, and its process id, which its session has too."""

    port: int
    pid: int

    def server(self) -> Use:
        """What the server's process uses."""
        return session_processes(self.pid)[self.pid]

    def workers_mb(self) -> float:
        """Memory of the processes beside it."""
        return sum(use.memory_mb for pid, use in session_processes(self.pid).items() if pid != self.pid)


def load_clinic(folder: Path, lesions: int, uploads: int) -> Rows:
    """Seed, serve, load; gives rows of what, measured, wanted.

    Args:
        folder: empty; some 2.5 kB a lesion, and the uploads.
        uploads: in a row, of small photographs.
    """
    platform = open_platform(Settings(data=folder))
    began = time.perf_counter()
    seeded = seed_clinic(platform, lesions, READERS)
    rows: Rows = [
        ("load average of the machine, 1 min", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", ""),
        ("seeding, once", f"{time.perf_counter() - began:.0f} s", ""),
    ]
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
            rows += _uploads_in_a_row(platform, served, seeded, uploads)
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
    """All readers go from the worklist to a case and back, each for `LOAD_S`."""
    times: dict[str, list[float]] = {"worklist": [], "case": []}
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
                _timed(times["case"], visitor, numbers.choice(LINK.findall(page)))
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
    if not all(times.values()):
        raise Unwanted(f"no page was answered: {faults[0] if faults else 'the worklist is empty'}")
    after, taken = served.server(), time.perf_counter() - began
    count = sum(map(len, times.values()))
    how = f"{READERS} readers, {f'{think:.0f} s between pages' if think else 'without a pause'}"
    rows = [
        (f"{what} page, {how}", _spread(found, "ms"), f"p95 <= {limit} ms" if think else "")
        for (what, found), limit in zip(times.items(), (150, 200), strict=True)
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
    data = _photograph(4000, 3000, NOISE)
    visitor, times, known = Visitor(served.port, seeded.tokens[0]), [], set[str]()
    known |= set(IMAGE.findall(visitor.get(f"/visits/{seeded.visit_id}").text))
    for number in range(SINGLE_UPLOADS):
        one = _marked(data, number)
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


def _uploads_in_a_row(platform: Platform, served: Served, seeded: Seeded, uploads: int) -> Rows:
    """One after the other; then all must be there, read, and the memory what it was after the first tenth."""
    from augderm.clinic.lesions import LesionEntry, create_lesion
    from augderm.clinic.patients import PatientEntry, create_patient
    from augderm.clinic.visits import create_visit

    entry = PatientEntry(identifier="ROW", family_name="Row", given_name="Uploads", birth_date="1970-01-01")
    patient = create_patient(platform, seeded.person, entry)
    data = _photograph(600, 450)
    visitor = Visitor(served.port, seeded.tokens[0])
    samples: list[tuple[float, float]] = []
    began = time.perf_counter()
    visits: list[str] = []
    for number in range(uploads):
        if number % 50 == 0:
            # A visit of a thousand photographs would time its own page.
            visits.append(create_visit(platform, seeded.person, patient.id).id)
            lesion = create_lesion(platform, seeded.person, patient.id, LesionEntry()).id
        visitor.upload(visits[-1], lesion, _marked(data, number))
        if number % max(1, uploads // 20) == 0:
            _wait_read(platform, visits, number + 1 - 20)
            samples.append((served.server().memory_mb, served.workers_mb()))
    read = _wait_read(platform, visits, uploads)
    taken = time.perf_counter() - began
    samples.append((served.server().memory_mb, served.workers_mb()))
    visitor.close()
    warm = samples[max(1, len(samples) // 10)]
    grown = [f"{warm[place]:.0f} -> {samples[-1][place]:.0f} MB" for place in (0, 1)]
    return [
        (f"{uploads} uploads in a row, each read", f"{taken:.0f} s, {uploads / taken:.1f}/s", ""),
        (
            "images, whole files, read images",
            ", ".join(map(str, (*_kept(platform, visits), read))),
            f"{uploads} each",
        ),
        ("memory, server, after a tenth and at the end", grown[0], "+- 10 %"),
        ("memory, workers, after a tenth and at the end", grown[1], "+- 10 %"),
    ]


def _wait_read(platform: Platform, visits: Sequence[str], wanted: int) -> int:
    """Wait until so many images of these visits are read, for so long at most; gives how many are."""
    from sqlalchemy import func, select

    from augderm.store.models import AssessmentRow, ImageRow

    until = time.monotonic() + LONGEST_READ_S + wanted
    while True:
        with platform.database.reading() as session:
            read = session.scalar(
                select(func.count(AssessmentRow.id))
                .join(ImageRow, ImageRow.id == AssessmentRow.image_id)
                .where(ImageRow.visit_id.in_(visits))
            )
        if (read or 0) >= wanted or time.monotonic() > until:
            return read or 0
        time.sleep(0.2)


def _kept(platform: Platform, visits: Sequence[str]) -> tuple[int, int]:
    """Images of these visits, and those of them whose file is there and has the bytes of its name."""
    from sqlalchemy import select

    from augderm.store.blobs import BlobDamaged
    from augderm.store.models import ImageRow

    with platform.database.reading() as session:
        images = session.scalars(select(ImageRow.sha256).where(ImageRow.visit_id.in_(visits))).all()
    whole = 0
    for sha256 in images:
        with suppress(BlobDamaged):
            whole += bool(platform.blobs.get(sha256))
    return len(images), whole


def _photograph(width: int, height: int, noise: int = 0) -> bytes:
    """A phantom as JPEG, with noise: its file is then as large as a camera's."""
    import numpy as np
    from PIL import Image

    from augderm.analysis.phantom import PhantomSpec, draw_phantom

    scale = width / 600
    spec = PhantomSpec(
        width_px=width, height_px=height, long_axis_px=260 * scale, short_axis_px=190 * scale, hairs=8
    )
    pixels = draw_phantom(spec).pixels
    if noise:
        added = np.random.default_rng(1).integers(-noise, noise + 1, pixels.shape)
        pixels = np.clip(pixels + added, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95 if noise else 90)
    return buffer.getvalue()


def _marked(jpeg: bytes, number: int) -> bytes:
    """The same picture as another file: with a comment (JPEG's COM segment)."""
    text = f"upload {number}".encode()
    return jpeg[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + jpeg[2:]


def _spread(seconds: Sequence[float], unit: str, digits: int = 0) -> str:
    """Median and 95th percentile."""
    scale = 1000 if unit == "ms" else 1
    p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
    middle = statistics.median(seconds)
    digits = digits + 1 if unit == "s" else digits
    return f"median {middle * scale:.{digits}f}, p95 {p95 * scale:.{digits}f} {unit} of {len(seconds)}"
