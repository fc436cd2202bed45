"""`augderm simulate triage`: figures, page and refusals."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest

from augderm.cli.simulating.triage_page import WORDS, to_json, triage_page
from augderm.domain.assessment import LIMIT_OF_USE
from augderm.evidence.simulation.setting import MACHINE, WAYS, Setting
from augderm.evidence.simulation.triage import TriageResult, assumptions, simulate_triage
from support.advice import DEFAULT
from support.command import augderm
from support.pages import tags_of, text_of

DAYS = DEFAULT.read_within_days
SETTING = Setting(arrivals_per_day=10, readers=1, reads_per_day=11, backlog=30, days=10, replications=3)
ARGUMENTS = (
    *("simulate", "triage", "--arrivals", "10", "--readers", "1", "--reads-per-day", "11"),
    *("--backlog", "30", "--days", "10", "--replications", "3"),
)


@pytest.fixture(scope="module")
def result() -> TriageResult:
    return simulate_triage(SETTING, DAYS)


def test_the_command_prints_and_writes_what_the_simulation_finds(
    result: TriageResult, tmp_path: Path
) -> None:
    written, page = tmp_path / "t.json", tmp_path / "t.html"
    done = augderm(*ARGUMENTS, "--json", written, "--report", page)
    assert done.returncode == 0, done.stderr
    assert "First-come" in done.stdout
    assert "Assumed:" in done.stdout
    assert json.loads(written.read_text(encoding="utf-8")) == to_json(result, DAYS)
    assert page.read_text(encoding="utf-8") == triage_page(result, DAYS)
    again = augderm(*ARGUMENTS, "--json", written)
    assert again.returncode == 1
    assert "--overwrite" in again.stderr


@pytest.mark.parametrize(
    ("more", "named"),
    [(("--arrivals", "12"), "without end"), (("--json", "x", "--report", "x"), "two names")],
)
def test_what_cannot_be_is_refused(more: tuple[str, ...], named: str) -> None:
    done = augderm(*ARGUMENTS, *more)
    assert done.returncode == 1
    assert named in done.stderr


def test_the_page_has_plot_table_and_assumptions_and_no_script(result: TriageResult) -> None:
    page = triage_page(result, DAYS)
    tags = [tag for tag, _ in tags_of(page)]
    assert not {"script", "iframe", "form"} & set(tags)
    assert page.count("<polyline") == 2 * len(WAYS)
    text = html.unescape(text_of(page))
    for sentence in (*assumptions(SETTING, DAYS), *WORDS.values(), LIMIT_OF_USE):
        assert sentence in text


def test_the_json_tells_what_was_assumed_and_nothing_that_is_no_number() -> None:
    nobody = Setting(
        arrivals_per_day=5, readers=1, reads_per_day=9, backlog=0, days=3, replications=2, malignant_share=0
    )
    found = to_json(simulate_triage(nobody, DAYS), DAYS)
    json.dumps(found, allow_nan=False)
    assert found["days_to_first_read"]["priority"]["malignant"]["mean"]["mean"] is None
    assert found["setting"]["seed"] == 1
    assert found["machine"]["abstains"] == MACHINE.abstains
