"""The files that an evaluation leaves: report, model card, figures, cases."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from augderm.cli.write_text import write_text
from augderm.domain.errors import OutputRefused
from augderm.domain.taxonomy import CODES
from augderm.formats.assessment_csv import as_spreadsheet_text
from augderm.learn.evaluation.cases import Case
from augderm.learn.evaluation.evaluation import Evaluation, to_json
from augderm.learn.evaluation.figures import flat
from augderm.learn.evaluation.pages import model_card, report_html

READS, OTHER_READS = "reads.jsonl", "reads-compared.jsonl"
REPORT, CARD, FIGURES, CASES = "report.html", "model-card.md", "figures.json", "cases.csv"
CASE_COLUMNS = (
    *("image", "dataset", "group", "diagnosis", "status", "reason", "likeliest"),
    *(f"p_{code}" for code in CODES),
    *("p_malignant", "malignant", "prediction_set", "jaccard", "mask_fault", "ita_deg"),
)


def prepare_folder(out: Path, *, resume: bool, overwrite: bool) -> None:
    """Make the folder of the results, or refuse to write over earlier ones.

    Raises:
        OutputRefused: it holds files, or cannot be made.
    """
    if out.exists() and not out.is_dir():
        raise OutputRefused(f"{out} is a file; give the name of a folder")
    if out.is_dir() and any(out.iterdir()) and not (resume or overwrite):
        raise OutputRefused(
            f"{out} holds files already; go on with --resume, replace them with --overwrite, or give another "
            "folder"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputRefused(f"{out} cannot be made ({error.strerror}); choose another place") from None


def write_results(evaluation: Evaluation, cases: Sequence[Case], out: Path) -> None:
    """Write report, model card, figures and cases.

    Raises:
        OutputRefused: a file cannot be written; none is left half-written.
    """
    made_on = date.today()
    write_text(out / REPORT, report_html(evaluation, made_on=made_on))
    write_text(out / CARD, model_card(evaluation, made_on=made_on))
    write_text(out / FIGURES, json.dumps(to_json(evaluation), indent=1, allow_nan=False) + "\n")
    write_text(out / CASES, cases_csv(cases))


def write_figures(evaluation: Evaluation, path: Path) -> None:
    """Write the figures by part as plain numbers, and those of the checklist where there are any.

    Raises:
        OutputRefused: the file cannot be written.
    """
    table = {name: flat(row) for name, row in evaluation.parts.items()}
    if evaluation.checklist:
        table["7-point checklist"] = flat(evaluation.checklist)
    write_text(path, json.dumps(table, indent=1, allow_nan=False) + "\n")


def cases_csv(cases: Sequence[Case]) -> str:
    """One row a case; undefined is blank."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CASE_COLUMNS)
    writer.writeheader()
    writer.writerows(map(_row, cases))
    return text.getvalue()


def _row(case: Case) -> dict[str, object]:
    record, probabilities = case.record, case.probabilities
    row: dict[str, object] = {
        "image": as_spreadsheet_text(str(record.path)),
        "dataset": as_spreadsheet_text(record.dataset),
        "group": as_spreadsheet_text(record.group),
        "diagnosis": as_spreadsheet_text(record.diagnosis),
        "status": case.status,
        "reason": as_spreadsheet_text(case.reason),
        "p_malignant": case.malignancy,
        "malignant": None if record.malignant is None else int(record.malignant),
        "prediction_set": " ".join(case.prediction_set),
        "jaccard": None if case.jaccard is None else round(case.jaccard, 4),
        "mask_fault": case.mask_fault,
        "ita_deg": None if case.ita_deg is None else round(case.ita_deg, 1),
    }
    if probabilities is not None:
        row["likeliest"] = CODES[int(np.argmax(probabilities))]
        row |= {f"p_{code}": float(p) for code, p in zip(CODES, probabilities, strict=True)}
    return row
