"""The view of the scores: set apart from open, decided apart from undecided."""

from __future__ import annotations

from augderm.evidence.scores import overruled
from augderm.formats.report.checklists import view_scores
from support.reports import assessment_of

SCORES = assessment_of().scores


def test_versions_of_a_checklist_share_a_table() -> None:
    view = view_scores(SCORES)
    titles = [checklist.title for checklist in view.checklists]
    assert titles == [
        "ABCD rule (TDS)", "7-point checklist", "3-point checklist", "Menzies method", "Chaos and clues",
    ]  # fmt: skip
    assert [result.title for result in view.checklists[1].results] == [
        "7-point checklist (1998)",
        "7-point checklist (revised 2011)",
    ]


def test_an_open_item_is_named_as_not_assessed_and_never_absent() -> None:
    seven = view_scores(SCORES).checklists[1]
    assert "blue-whitish veil" in seven.not_assessed
    assert all(row.title != "Blue-whitish veil (major)" for row in seven.rows)
    assert seven.results[0].total == "0 to 10 points"
    assert seven.results[0].verdict == "undecided: not suspicious to suspicious"
    assert not seven.results[0].decided


def test_a_person_s_items_are_shown_as_such() -> None:
    changes = {"seven_point.blue_whitish_veil": 1, "seven_point.irregular_streaks": 0, "abcd.colours": None}
    view = view_scores(overruled(SCORES, changes))
    rows = {row.title: (row.value, row.who) for checklist in view.checklists for row in checklist.rows}
    assert rows["Blue-whitish veil (major)"] == ("present", "person")
    assert rows["Irregular streaks"] == ("absent", "person")
    assert rows["C: colours, of 6"] == ("open", "person")
    revised = view.checklists[1].results[1]
    assert (revised.total, revised.verdict, revised.decided) == ("1 to 6 points", "suspicious", True)


def test_a_total_that_is_known_stands_alone() -> None:
    everything = {f"abcd.{name}": 1 for name in ("asymmetry", "border", "colours", "structures")}
    result = view_scores(overruled(SCORES, everything)).checklists[0].results[0]
    assert (result.total, result.verdict, result.decided) == ("2.4 points", "benign", True)
