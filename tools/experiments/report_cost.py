"""What the maps cost a report, and what drawing it once for page and PDF saves.

    .venv/bin/python tools/experiments/report_cost.py

One report (page and PDF) of each of three phantoms, in turn: as it was before (each output words and draws
for itself, no maps), drawn once without maps, and drawn once with maps; the read itself beside them. Prints
ratios of processor time alone: times depend on the machine and its other work.
"""

from __future__ import annotations

import io
import math
import statistics
import time
from collections.abc import Callable

from PIL import Image

from augderm import assess
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.domain.assessment import Assessment
from augderm.formats.report.content import report_content
from augderm.formats.report.html import html_of
from augderm.formats.report.pdf import pdf_of

ROUNDS = 9
SIZES = ((480, 360), (600, 450), (800, 600))


def read(width: int, height: int) -> Assessment:
    """A phantom, read as from a file."""
    spec = PhantomSpec(
        width_px=width, height_px=height, long_axis_px=0.43 * width, short_axis_px=0.32 * width, hairs=8
    )
    buffer = io.BytesIO()
    Image.fromarray(draw_phantom(spec).pixels).save(buffer, "JPEG", quality=90)
    return assess(buffer.getvalue(), novelty_limit=math.inf)


def before(assessment: Assessment) -> None:
    """Both outputs for themselves, without maps."""
    html_of(report_content(assessment, with_maps=False))
    pdf_of(report_content(assessment, with_maps=False))


def once(assessment: Assessment) -> None:
    """Both outputs of one content, without maps."""
    report = report_content(assessment, with_maps=False)
    html_of(report)
    pdf_of(report)


def now(assessment: Assessment) -> None:
    """Both outputs of one content, with maps."""
    report = report_content(assessment)
    html_of(report)
    pdf_of(report)


def read_again(assessment: Assessment) -> None:
    """The read that the report is of."""
    assert assessment.pictures
    assess(assessment.pictures.pixels, novelty_limit=math.inf)


def seconds(draw: Callable[[Assessment], None], assessment: Assessment) -> float:
    """Processor time of one report: less moved by other work than the clock on the wall."""
    started = time.process_time()
    draw(assessment)
    return time.process_time() - started


def main() -> None:
    """Print the ratios."""
    for width, height in SIZES:
        assessment = read(width, height)
        ways = (before, once, now, read_again)
        times: dict[str, list[float]] = {draw.__name__: [] for draw in ways}
        for number in range(ROUNDS + 1):
            for draw in ways:
                spent = seconds(draw, assessment)
                if number:  # the first loads fonts and templates
                    times[draw.__name__].append(spent)
        middle = {name: statistics.median(values) for name, values in times.items()}
        whole = (middle["read_again"] + middle["now"]) / (middle["read_again"] + middle["before"])
        print(
            f"{width}x{height}: drawn once / before {middle['once'] / middle['before']:.2f}, "
            f"with maps / before {middle['now'] / middle['before']:.2f}, "
            f"read and report {whole:.2f}"
        )


if __name__ == "__main__":
    main()
