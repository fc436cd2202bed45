"""The report (HTML) and the model card (Markdown) of an evaluation."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from augderm.domain.assessment import LIMIT_OF_USE
from augderm.domain.taxonomy import ARTEFACTS, BY_CODE, CODES, STRUCTURES
from augderm.domain.text import visible
from augderm.evidence.statistics.intervals import REPLICATES
from augderm.learn.evaluation import plots, wording
from augderm.learn.evaluation.challenge import task_2_note
from augderm.learn.evaluation.compare import COMPARED, WITH_UNREAD
from augderm.learn.evaluation.evaluation import ALL, Evaluation
from augderm.learn.evaluation.few import LEAST_CASES, LEAST_POSITIVES, MISSED_MELANOMA
from augderm.learn.evaluation.figures import Figure
from augderm.learn.evaluation.operating import SENSITIVITIES
from augderm.reader.structure_figures import places_told, structure_figures

HEADLINES = (
    *("mean class recall", "melanoma AUC", "malignancy AUC (akiec left out)", "recall mel", MISSED_MELANOMA),
    *("ECE of the likeliest class", "border mean Jaccard", "structures mean AUC", "artefacts mean AUC"),
)
CHECKLIST_NOTE = (
    "Over the images that were read and carry labels of the checklist: the likeliest category of each "
    "criterion, and the points by it, melanoma against every other diagnosis, suspicious from 3 (Argenziano "
    "1998: sensitivity 95 %, specificity 75 % by experts on 342 lesions). Published mean accuracies on the "
    "official test images of Derm7pt: 73.7 % (2019) to 77.3 % (2024)."
)
MARKDOWN_MARKS = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def report_html(evaluation: Evaluation, *, made_on: date | None = None) -> str:
    """A whole HTML document: its plots inside, without script or request; every name in it is escaped."""
    return _environment(html=True).get_template("report.html.j2").render(_content(evaluation, made_on))


def model_card(evaluation: Evaluation, *, made_on: date | None = None) -> str:
    """The model card, ordered by the four headings of CLEAR Derm and by what labelling has to tell."""
    text = _environment(html=False).get_template("model-card.md.j2").render(_content(evaluation, made_on))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _content(evaluation: Evaluation, made_on: date | None) -> dict[str, Any]:
    return {
        "e": evaluation,
        "subject": evaluation.subject,
        "training": evaluation.subject.manifest.get("training", {}),
        "preprocessing": evaluation.subject.manifest.get("preprocessing", {}),
        "parts": evaluation.parts,
        "whole": evaluation.parts[ALL],
        "kind": evaluation.kind,
        "least_covered": _least_covered(evaluation.parts[ALL]),
        "lonely": [
            name for name, groups in evaluation.groups.items() if groups == evaluation.images_of[name]
        ],
        "all_name": ALL,
        "figure_names": list(evaluation.parts[ALL]),
        "headlines": HEADLINES,
        "compared": (*COMPARED, *WITH_UNREAD),
        "codes": CODES,
        "diagnoses": BY_CODE,
        "structures": STRUCTURES,
        "artefacts": ARTEFACTS,
        "sensitivities": SENSITIVITIES,
        "least_cases": LEAST_CASES,
        "least_positives": LEAST_POSITIVES,
        "replicates": REPLICATES,
        "checklist_note": CHECKLIST_NOTE,
        "task_2": task_2_note(places_told(structure_figures(evaluation.subject.manifest))),
        "limit_of_use": LIMIT_OF_USE,
        "made_on": made_on.isoformat() if made_on else "",
        "plots": plots,
    }


def _least_covered(figures: Mapping[str, Figure]) -> str | None:
    """The class whose prediction sets hold it least often; None where too few are known of every one."""
    of_class = {code: figures[f"coverage {code}"] for code in CODES}
    shown = {
        code: figure.value
        for code, figure in of_class.items()
        if not figure.few and not math.isnan(figure.value)
    }
    return min(shown, key=shown.__getitem__, default=None)


@cache
def _environment(*, html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("augderm.learn.evaluation"),
        # By decree, not by ending: names of datasets, sites and bundles are anybody's.
        autoescape=html,  # noqa: S701 (Markdown is escaped by `_markdown_text`)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=None if html else _markdown_text,
    )
    environment.filters.update(
        number=wording.number,
        value=lambda figure, name="", digits=3: wording.value_of(name, figure, digits),
        interval=lambda figure, name="", digits=3: wording.interval_of(name, figure, digits),
        both=wording.with_interval,
        percent=wording.percent,
        share=wording.share_of,
        p=wording.p_value,
        words=lambda name: str(name).replace("_", " "),
        seen=lambda text: visible(str(text)),
        stated=lambda value: "not stated" if value in (None, "") else value,
        raw=_Raw,
        # A back-tick would end the span, and no dataset or bundle needs one.
        code=lambda text: _Raw("`" + visible(str(text)).replace("`", "'") + "`"),
    )
    return environment


class _Raw(str):
    """Text of the template's own making, whose marks are meant."""


def _markdown_text(value: object) -> object:
    # Markdown has no escape by decree as HTML has: here every value but `_Raw` gets one.
    if isinstance(value, _Raw) or not isinstance(value, str):
        return value
    return MARKDOWN_MARKS.sub(r"\\\1", visible(value))
