"""`augderm bench`: how fast and how large, on this machine, on phantoms."""

from __future__ import annotations

import io
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from augderm.cli.benching.processes import session_processes
from augderm.cli.exit_status import ALL_READ
from augderm.domain.runtime import RuntimeName

if TYPE_CHECKING:
    from rich.table import Table

    from augderm.domain.assessment import Assessment
    from augderm.reader.network import Network

MEMORY_POLL_S = 0.05
BASELINE: RuntimeName = "onnx"
WARM_UP = 3
BATCHES = {16: "network alone, batch of 16", 1: "network alone, one image"}
STEPS = ("decode", "quality", "network", "border", "ruler", "measures", "explanation")
LIMITS = {
    "one 600x450 JPEG, warm": "<= 60 ms",
    "one 4000x3000 JPEG, warm": "<= 150 ms",
    "network alone, batch of 16": ">= 120 images/s",
    "network alone, one image": "",
    "folder of 600x450 JPEGs": ">= 40 images/s",
    "augderm --help, cold": "<= 400 ms",
    "augderm read one.jpg, cold": "<= 2000 ms",
    "resident memory, all processes": "<= 700 MB",
}


def bench(
    repeats: Annotated[int, typer.Option(min=3, max=1000, help="Repetitions of each warm measurement.")] = 30,
    images: Annotated[int, typer.Option(min=20, max=100_000, help="Images in the folder.")] = 400,
    runtime: Annotated[
        RuntimeName,
        typer.Option(help="What runs the network; openvino (extra `fast`) takes turns with onnx."),
    ] = "onnx",
    cases: Annotated[
        int,
        typer.Option(
            min=0,
            max=10_000_000,
            metavar="N",
            help="Instead, time similar cases among N synthetic ones (1000000: 3 GB of disk, minutes).",
        ),
    ] = 0,
    clinic: Annotated[
        int,
        typer.Option(
            min=0,
            max=1_000_000,
            metavar="N",
            help="Instead, load a served clinic of N synthetic lesions (100000: 4 GB of disk, many minutes).",
        ),
    ] = 0,
    uploads: Annotated[
        int,
        typer.Option(min=0, max=1_000_000, metavar="N", help="With --clinic: this many uploads in a row."),
    ] = 200,
    reads: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Of these, wait until N are read [default: all]."),
    ] = None,
) -> int:
    """Time the whole read on phantoms: medians, the split into steps, cold starts, memory."""
    from rich.console import Console
    from rich.table import Table

    from augderm.reader.bundle import load_bundle
    from augderm.reader.network import Network, check_runtime

    check_runtime(runtime)
    console = Console()
    console.print(_machine(runtime))
    if cases:
        return _similar(cases)
    if clinic:
        return _clinic(clinic, uploads, uploads if reads is None else min(reads, uploads))
    table = Table("what", "median", "wanted", *STEPS, "rest")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        small = _jpeg(600, 450)
        one = folder / "one.jpg"
        one.write_bytes(small)
        # Cold starts and the folder first: this process is then still small and idle.
        _row(table, "augderm --help, cold", f"{_cold('--help') * 1000:.0f} ms")
        cold = _cold("read", str(one), "--runtime", runtime)
        _row(table, "augderm read one.jpg, cold", f"{cold * 1000:.0f} ms")
        speed, memory = _folder(small, folder / "many", images, runtime)
        _row(table, "folder of 600x450 JPEGs", f"{speed:.0f} images/s")
        _row(table, "resident memory, all processes", f"{memory:.0f} MB")
        network = Network(load_bundle(), runtime=runtime)
        _warm(table, "one 600x450 JPEG, warm", small, repeats, network)
        _warm(table, "one 4000x3000 JPEG, warm", _jpeg(4000, 3000), repeats, network)
    for batch, what in BATCHES.items():
        _row(table, what, _network_speed(batch, repeats, runtime))
    # As wide as it needs, also where the output goes to a file.
    Console(width=150).print(table)
    return ALL_READ


def _similar(cases: int) -> int:
    from rich.console import Console
    from rich.table import Table

    from augderm.cli.bench_cases import measure_cases
    from augderm.cli.benching.known import measure_known

    table = Table("what", "measured", "wanted")
    with tempfile.TemporaryDirectory() as scratch:
        for row in measure_cases(cases, Path(scratch) / "library"):
            table.add_row(*row)
        for row in measure_known(Path(scratch) / "clinic"):
            table.add_row(*row)
    Console(width=150).print(table)
    return ALL_READ


def _clinic(lesions: int, uploads: int, reads: int) -> int:
    from rich.console import Console
    from rich.table import Table

    from augderm.cli.benching.clinic import load_clinic

    table = Table("what", "measured", "wanted")
    with tempfile.TemporaryDirectory() as scratch:
        for row in load_clinic(Path(scratch), lesions, uploads, reads, partial(print, flush=True)):
            table.add_row(*row)
    Console(width=150).print(table)
    return ALL_READ


def _machine(runtime: RuntimeName) -> str:
    from importlib.metadata import version

    from augderm.reader.network import PACKAGES

    package = PACKAGES[runtime]
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return (
        f"augderm {version('augderm')}, {package} {version(package)}, Python "
        f"{platform.python_version()}, {platform.system()}, {model}, {os.cpu_count()} cores"
    )


def _row(table: Table, what: str, value: str, split: Mapping[str, float] | None = None) -> None:
    steps = [f"{split[step]:.1f}" if split else "" for step in (*STEPS, "rest")]
    table.add_row(what, value, LIMITS[what], *steps)


def _jpeg(width: int, height: int) -> bytes:
    from PIL import Image

    from augderm.analysis.phantom import PhantomSpec, draw_phantom

    scale = width / 600
    spec = PhantomSpec(
        width_px=width, height_px=height, long_axis_px=260 * scale, short_axis_px=190 * scale, hairs=8
    )
    buffer = io.BytesIO()
    Image.fromarray(draw_phantom(spec).pixels).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _cold(*arguments: str) -> float:
    """Median seconds of a fresh process."""
    return statistics.median(_seconds(lambda: _augderm(*arguments)) for _ in range(5))


def _augderm(*arguments: str) -> None:
    command = [sys.executable, "-m", "augderm", *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  (our own arguments)


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _network_speed(batch: int, repeats: int, runtime: RuntimeName) -> str:
    """Images per second of the shipped network, without decoding and measuring.

    Another runtime than ONNX Runtime takes turns with it: two runs at different times would compare the
    machine's other work.
    """
    import numpy as np

    from augderm.reader.bundle import load_bundle
    from augderm.reader.network import PACKAGES, open_session, run_session

    bundle = load_bundle()
    side = bundle.preprocessing.input_size_px
    names = dict.fromkeys((BASELINE, runtime))
    sessions = {name: open_session(bundle.network, runtime=name) for name in names}
    images = np.random.default_rng(0).normal(size=(batch, 3, side, side)).astype(np.float32)
    times: dict[RuntimeName, list[float]] = {name: [] for name in sessions}
    for round_ in range(WARM_UP + repeats):
        for name, session in sessions.items():
            taken = _seconds(partial(run_session, session, images))
            if round_ >= WARM_UP:
                times[name].append(taken)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    speed = f"{batch / medians[runtime]:.0f} images/s"
    if runtime == BASELINE:
        return speed
    return f"{speed}, {medians[BASELINE] / medians[runtime]:.2f} times {PACKAGES[BASELINE]}"


def _folder(image: bytes, folder: Path, count: int, runtime: RuntimeName) -> tuple[float, float]:
    """Images per second of `augderm read` over a folder with JSON and masks, and its peak memory (MB).

    The start of the processes is left out by comparing two lengths of the same run.
    """
    times, peak = [], 0.0
    sizes = (max(10, count // 4), count)
    for size in sizes:
        part = folder / str(size)
        part.mkdir(parents=True)
        for index in range(size):
            (part / f"{index:06d}.jpg").write_bytes(image)
        command = [sys.executable, "-m", "augderm", "read", str(part)]
        command += ["--json", str(part / "out.jsonl"), "--masks", str(part / "masks")]
        command += ["--novelty-limit", "inf", "--runtime", runtime]
        started = time.perf_counter()
        process = subprocess.Popen(command, start_new_session=True)  # noqa: S603  (our own arguments)
        while process.poll() is None:
            peak = max(peak, _session_memory_mb(process.pid))
            time.sleep(MEMORY_POLL_S)
        times.append(time.perf_counter() - started)
    return (sizes[1] - sizes[0]) / (times[1] - times[0]), peak


def _session_memory_mb(session: int) -> float:
    """Resident memory of all processes of a session; pages shared by them count each time."""
    return sum(use.memory_mb for use in session_processes(session).values())


def _warm(table: Table, what: str, data: bytes, repeats: int, network: Network) -> None:
    from augderm.domain.taxonomy import CODES
    from augderm.formats.report.layers import attention_picture
    from augderm.second_read import assess

    def whole() -> Assessment:
        # A phantom is unlike what the model learned from: with its limit the read would end early.
        return assess(data, network=network, novelty_limit=math.inf)

    for _ in range(3):
        whole()
    totals: list[float] = []
    steps: dict[str, list[float]] = {step: [] for step in (*STEPS, "rest")}
    for _ in range(repeats):
        started = time.perf_counter()
        assessment = whole()
        explained = time.perf_counter()
        pictures, diagnosis = assessment.pictures, assessment.diagnosis
        if pictures and diagnosis:
            evidence = pictures.attention[CODES.index(diagnosis.likeliest)]
            attention_picture(evidence, *pictures.pixels.shape[1::-1])
        ended = time.perf_counter()
        split = {**assessment.timings_ms, "explanation": (ended - explained) * 1000}
        total = (ended - started) * 1000
        for step in STEPS:
            steps[step].append(split[step])
        steps["rest"].append(total - sum(split[step] for step in STEPS))
        totals.append(total)
    medians = {step: statistics.median(values) for step, values in steps.items()}
    _row(table, what, f"{statistics.median(totals):.1f} ms", medians)
