"""What a simulation of triage found: as rows, as JSON, and as one HTML page with its plot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from augderm.domain.advice import Band
from augderm.domain.assessment import LIMIT_OF_USE
from augderm.evidence.simulation.setting import MACHINE, REFERRER, Way
from augderm.evidence.simulation.triage import CURVE, KINDS, Estimate, TriageResult, assumptions
from augderm.learn.evaluation.svg import Axis, Chart

SCHEMA = "augderm.triage_simulation/1"
WORDS: Mapping[Way, str] = {
    "first_come": "First-come",
    "first_come_presorted": "First-come, pre-sorted by the machine",
    "priority": "Priority by the referral",
    "priority_presorted": "Priority, pre-sorted by the machine",
}
COLUMNS = ("mean", "median", "95 % within", "longest", "gained over first-come")
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def rows(result: TriageResult, kind: str) -> list[tuple[str, ...]]:
    """The table of one kind of lesion: the way in words, then `COLUMNS` in days with their intervals."""
    found = []
    for way, words in WORDS.items():
        waiting = result.waiting[way][kind]
        gain = "" if way == "first_come" else _shown(waiting.gain)
        cells = (waiting.mean, waiting.median, waiting.p95, waiting.longest)
        found.append((words, *map(_shown, cells), gain))
    return found


def _shown(estimate: Estimate) -> str:
    if math.isnan(estimate.mean):
        return "undefined"
    shown = f"{estimate.mean:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
    return shown.replace("-", "\u2212")


def to_json(result: TriageResult, read_within_days: Mapping[Band, float]) -> dict[str, Any]:
    """Setting, sorters, assumptions and figures as plain JSON values; what is undefined is null."""
    return {
        "schema": SCHEMA,
        "setting": asdict(result.setting),
        "machine": _plain(asdict(MACHINE)),
        "referrer": _plain(asdict(REFERRER)),
        "read_within_days": dict(read_within_days),
        "assumptions": list(assumptions(result.setting, read_within_days)),
        "counted": dict(result.counted),
        "share_read": CURVE.round(2).tolist(),
        "days_to_first_read": {
            way: {kind: _plain(asdict(waiting)) for kind, waiting in kinds.items()}
            for way, kinds in result.waiting.items()
        },
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def triage_page(result: TriageResult, read_within_days: Mapping[Band, float]) -> str:
    """One HTML document without script or request."""
    longest = max(
        (w.curve[95] for kinds in result.waiting.values() for w in kinds.values() if w.curve), default=1.0
    )
    return _template().render(
        limit_of_use=LIMIT_OF_USE,
        kinds=[
            (kind, result.counted[kind], rows(result, kind), _chart(result, kind, longest)) for kind in KINDS
        ],
        columns=COLUMNS,
        words=WORDS,
        assumptions=assumptions(result.setting, read_within_days),
    )


def _chart(result: TriageResult, kind: str, longest: float) -> Chart:
    days = _axis(longest)
    chart = Chart(
        x=days,
        y=Axis("read by then, %", 0, 100, (0, 25, 50, 75, 100)),
        title=f"Share of {kind} lesions that were read within so many days, by way of sorting",
        name=kind,
    )
    for way in WORDS:
        curve = result.waiting[way][kind].curve
        if curve:
            chart.line([0.0, *curve, days.high], [0.0, *(100 * CURVE).tolist(), 100.0], f"way {way}")
    return chart


def _axis(longest: float) -> Axis:
    rough = max(longest, 1e-3) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = power * next(each for each in STEPS if each * power >= rough * (1 - 1e-9))
    return Axis("working days to the first read", 0, 5 * step, [step * n for n in range(6)])


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("augderm.cli.simulating"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("triage.html.j2")
