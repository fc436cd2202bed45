"""Report and model card: whole, undefined where undefined, and safe with anybody's names."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from augderm.cli.evaluating.table import lines
from augderm.domain.assessment import LIMIT_OF_USE
from augderm.domain.taxonomy import CODES
from augderm.learn.evaluation.cases import Case
from augderm.learn.evaluation.challenge import task_2_note
from augderm.learn.evaluation.compare import compare_modalities
from augderm.learn.evaluation.evaluation import Evaluation, Subject, evaluate_cases
from augderm.learn.evaluation.few import MISSED_MELANOMA
from augderm.learn.evaluation.pages import model_card, report_html
from augderm.learn.evaluation.perturb import PERTURBATIONS
from augderm.learn.evaluation.robustness import Decision, flips, quarter_turn_flips
from support.cases import abstained, case_of_code, many, record_of

HOSTILE = "<script>alert(1)</script>|*x*\u202e`"
VOID = {"meta", "br", "img", "line", "circle", "rect", "polyline"}


def evaluation(cases: list[Case], *, name: str = "mini", full: bool = False) -> Evaluation:
    subject = Subject(
        bundle=name,
        version="1",
        sha256="ab" * 32,
        dataset=name,
        chosen="fold 0",
        manifest={"training": {"datasets": ["d", name], "validation_fold": 0}, "licence": name},
        versions={"augderm": "0"},
        command=f"augderm evaluate {name}",
    )
    extras: dict[str, Any] = {}
    if full:
        said: list[Decision | None] = [Decision("nv", 0.1), Decision("mel", 0.9)]
        turned = {change: flips(change, said, said[::-1], ["a", "b"], 0.5) for change in PERTURBATIONS}
        extras = {
            "robustness": [quarter_turn_flips(turned), *turned.values()],
            "comparison": compare_modalities(cases, cases, replicates=20),
            "compared_with": name,
        }
    return evaluate_cases(cases, subject, replicates=20, **extras)


@pytest.fixture(scope="module")
def complete() -> Evaluation:
    return evaluation(many(120), full=True)


class _Balance(HTMLParser):
    """Counts open elements, scripts and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(value or "")
            if name in {"src", "href", "action"}:
                self.addresses.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> _Balance:
    balance = _Balance()
    balance.feed(page)
    balance.close()
    assert balance.open == []
    return balance


def test_the_report_is_one_whole_page_without_script_or_request(complete: Evaluation) -> None:
    page = report_html(complete, made_on=date(2026, 11, 25))
    found = parsed(page)
    assert found.addresses == []
    assert len(set(found.ids)) == len(found.ids) == 4
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count(LIMIT_OF_USE) == 2
    for heading in ("By subgroup", "Robustness", "Operating points", "Against mini"):
        assert heading in page


def test_the_same_evaluation_gives_the_same_report(complete: Evaluation) -> None:
    assert report_html(complete) == report_html(complete)
    assert model_card(complete) == model_card(complete)


def test_hostile_names_are_text_in_the_report() -> None:
    cases = many(60, dataset=HOSTILE, diagnosis=HOSTILE)
    cases = [
        dataclasses.replace(
            case, reason=HOSTILE, record=dataclasses.replace(case.record, site=HOSTILE, confirmed_by=HOSTILE)
        )
        for case in cases
    ]
    page = report_html(evaluation(cases, name=HOSTILE, full=True))
    parsed(page)
    assert "<script>" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_hostile_names_make_no_html_and_no_columns_in_the_model_card() -> None:
    card = model_card(evaluation(many(60, dataset=HOSTILE), name=HOSTILE, full=True))
    assert "\u202e" not in card
    (command,) = re.findall(r"gets these figures again by `([^`]*)`\.", card)
    assert command.startswith("augderm evaluate")
    assert not re.search(r"(?<!\\)<", card.replace(command, ""))
    rows = [line for line in card.splitlines() if line.startswith("| abstained")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [4]


def test_an_undefined_figure_is_shown_as_undefined() -> None:
    for cases in ([abstained(0, "nv")], [case_of_code(0, "nv", "nv", 0.1)]):
        found = evaluation(cases)
        page, card = report_html(found), model_card(found)
        parsed(page)
        assert 'class="undefined">undefined' in page
        assert "nan" not in re.sub(r"[a-z]*nan[a-z]+", "", page.lower())
        assert re.search(r"\| melanoma AUC \| undefined", card)
        assert "nan" not in card.lower().split()


def test_the_card_says_of_groups_and_of_synthetic_images_no_more_than_is_known() -> None:
    lonely = [
        dataclasses.replace(case, record=dataclasses.replace(case.record, group=str(number)))
        for number, case in enumerate(many(60))
    ]
    for cases, known in ((many(60), True), (lonely, False)):
        found = evaluation(cases)
        card, page = model_card(found), report_html(found)
        assert f"d 60 images in {30 if known else 60} groups" in card
        assert ("no two images are known to belong together" in card) is not known
        assert ("no two images are known to belong together" in page) is not known
        assert "so none stands on both sides" not in card
        assert "none among those judged" not in card


def test_the_card_counts_missed_melanomas_of_every_kind_of_image() -> None:
    clinical = case_of_code(1, "mel", "nv", 0.2, record=record_of(1, 4, modality="clinical"))
    card = model_card(evaluation([case_of_code(0, "mel", "mel", 0.9), clinical, abstained(2, "mel")]))
    assert "not read: 1 of 2 on dermoscopic images; 1 of 1 on clinical images" in card
    assert "undefined, of none, on dermoscopic images" in model_card(evaluation([abstained(0, "nv")]))


def test_figures_of_too_few_lesions_are_not_told_and_an_interval_that_is_undefined_is() -> None:
    cases = [case_of_code(i, "mel", "mel", 0.9, record=record_of(i, 4, group="one")) for i in range(5)]
    cases += [case_of_code(100 + i, "nv", "nv", 0.1) for i in range(40)]
    card = model_card(evaluation(cases))
    assert re.search(r"\| recall mel \| too few \|", card)
    assert re.search(r"\| recall nv \| 1\.000 \(0\.912 to 1\.000\) \|", card)
    assert re.search(r"\| border mean Jaccard \| 0\.900 \(interval undefined\) \|", card)
    assert re.search(r"\| recall bcc \| undefined \|", card)
    assert re.search(r"\| images mel \| 5 \|", card)


def test_what_stands_on_too_few_lesions_is_told_nowhere_in_numbers() -> None:
    cases = [case_of_code(0, "mel", "mel", 0.9), *(case_of_code(1 + i, "nv", "nv", 0.1) for i in range(5))]
    found = evaluation(cases, full=True)
    card, page = model_card(found), report_html(found)
    (doubt,) = [line for line in card.splitlines() if line.startswith("- **Doubt**")]
    assert "90.0 %; measured on the dermoscopic images: too few; classes a set: too few)" in doubt
    assert "(share of the dermoscopic images: too few)" in doubt
    for target in ("melanoma", "malignancy"):
        assert card.count(f"| {target} |" + " too few |" * 5) == 1
        assert page.count(f'<tr><th>{target}</th><td class="undefined" colspan="6">too few</td></tr>') == 1
    against = card[card.index("Against mini") : card.index("## Application")]
    assert "accuracy too few; melanoma AUC too few" in against
    assert not re.search(r"\d\.\d{3}", against)
    compared = page[page.index("<h2>Against mini") :]
    assert '<th>accuracy</th><td class="value undefined">too few</td>' in compared
    assert not re.search(r"\d\.\d{3}<", compared)
    assert page.count('<tr><th>mel</th><td class="undefined" colspan="9">too few</td></tr>') == 1
    assert "| hair planted | 2 | too few | too few | too few | too few |" in card
    told = "\n".join(lines(found))
    assert re.search(r"^hair planted +2 +too few +too few +too few +too few$", told, re.MULTILINE)
    assert re.search(r"^accuracy +too few$", told[told.index("second less first") :], re.MULTILINE)


def test_what_a_bundle_leaves_unread_is_charged_to_it_where_two_are_compared() -> None:
    both = many(120)
    second = [abstained(i, CODES[case.record.label or 0]) if i % 3 else case for i, case in enumerate(both)]
    second = [dataclasses.replace(s, record=f.record) for f, s in zip(both, second, strict=True)]
    compared = compare_modalities(both, second, replicates=20)
    found = dataclasses.replace(evaluation(both), comparison=compared, compared_with="choosy 1")
    row = compared["dermoscopic"].second_less_first[MISSED_MELANOMA]
    assert row.value < -0.2
    page, card = report_html(found), model_card(found)
    assert re.search(rf"<th>{MISSED_MELANOMA}</th>.*{row.value:.3f}", page)
    assert f"{MISSED_MELANOMA} {row.value:.3f}" in card
    for text in (page, card, "\n".join(lines(found))):
        assert "80" in text[text.index("alone read") :][:40], "of 120 the second read a third"


def test_what_task_2_stands_on_is_told() -> None:
    assert "this bundle tells no place, so it is undefined" in model_card(evaluation(many(30)))
    assert "tells the place of globules, streaks, so the others" in task_2_note(("globules", "streaks"))


def test_reference_masks_that_were_not_used_are_told() -> None:
    cases = [
        *many(30),
        case_of_code(99, "nv", "nv", 0.1, jaccard=None, dice=None, mask_fault="the mask is empty <b>"),
    ]
    found = evaluation(cases)
    assert found.mask_faults == {"99.png": "the mask is empty <b>"}
    page = report_html(found)
    parsed(page)
    assert "<td>99.png</td><td>the mask is empty &lt;b&gt;</td>" in page
    assert "By reference masks of 1 of them nothing is measured" in model_card(found)
    assert any(
        line.startswith("nothing is measured by reference masks of 1 images: 99.png") for line in lines(found)
    )
    assert "border is measured" not in model_card(evaluation(many(30)))


def test_small_groups_say_so(complete: Evaluation) -> None:
    few = evaluation(many(30))
    assert "too few" in report_html(few)
    assert "too few" in model_card(few)


def test_the_model_card_has_the_headings_that_are_asked_for(complete: Evaluation) -> None:
    card = model_card(complete)
    headings = re.findall(r"^## (.+)$", card, re.MULTILINE)
    assert headings == ["Data", "Technique", "Technical assessment", "Application", "What labelling asks for"]
    assert LIMIT_OF_USE in card
    assert "21 CFR 878.1820" in card
    assert "not stated" in card, "the encoder, which this manifest does not give"


def test_every_table_of_the_model_card_has_rows_as_wide_as_its_head(complete: Evaluation) -> None:
    width = 0
    for line in model_card(complete).splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        if cells and width:
            assert cells == width, line
        width = cells
