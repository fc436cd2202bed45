"""The figures as plain text, the same on a terminal, in a pipe and in a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import typer

from augderm.domain.text import visible
from augderm.learn.datasets.findings import in_a_line
from augderm.learn.evaluation.evaluation import ALL, Evaluation
from augderm.learn.evaluation.few import LEAST_CASES, LEAST_POSITIVES
from augderm.learn.evaluation.wording import TOO_FEW, interval_of, p_value, share_of, value_of


def show(evaluation: Evaluation) -> None:
    """Print the figures by part, and robustness and comparison where they were asked for."""
    for line in lines(evaluation):
        typer.echo(line)


def lines(evaluation: Evaluation) -> Iterator[str]:
    """What `show` prints."""
    subject = evaluation.subject
    yield visible(f"{subject.bundle} {subject.version}, {subject.dataset}, {subject.chosen}")
    yield from _aligned(_figures(evaluation))
    yield ""
    yield (
        f"Over the images that were read, but where it says otherwise. {TOO_FEW}: fewer than {LEAST_CASES} "
        f"patients or lesions, or {LEAST_POSITIVES} of the kind. The intervals of every part stand in the "
        "report and the model card (--out) and in the JSON (--json)."
    )
    if faults := evaluation.mask_faults:
        yield ""
        places = in_a_line([f"{image}: {fault}" for image, fault in faults.items()])
        yield visible(f"nothing is measured by reference masks of {len(faults)} images: {places}")
    if evaluation.checklist:
        yield ""
        yield from _aligned(
            [
                ["7-point checklist", "", "95 %"],
                *(
                    [name, value_of(name, f), interval_of(name, f)]
                    for name, f in evaluation.checklist.items()
                ),
            ]
        )
    if evaluation.robustness:
        yield ""
        yield from _aligned(
            [
                [
                    *("decisions flipped", "images", "likeliest class", "malignancy", "no longer read"),
                    "either, or no longer read",
                ],
                *(
                    [
                        *(f.name, str(f.images), share_of(f.likeliest), share_of(f.malignancy)),
                        *(share_of(f.not_read), share_of(f.changed)),
                    ]
                    for f in evaluation.robustness
                ),
            ]
        )
    for modality, c in evaluation.comparison.items():
        yield ""
        yield visible(
            f"against {evaluation.compared_with} on {c.images} {modality} images that both read "
            f"(the first alone read {c.only_first_read} more, the second alone {c.only_second_read}, neither "
            f"{c.neither_read}): right for the first alone {c.likeliest.only_first}, for the second alone "
            f"{c.likeliest.only_second} (McNemar p {p_value(c.likeliest.p_value)})"
        )
        yield from _aligned(
            [
                ["second less first", "", "95 %"],
                *([name, value_of(name, f), interval_of(name, f)] for name, f in c.second_less_first.items()),
            ]
        )


def _figures(evaluation: Evaluation) -> list[list[str]]:
    parts = evaluation.parts
    named = [name for name in parts if name != ALL]
    # One part alone is the whole: it need not be shown twice.
    shown = {named[0]: parts[named[0]]} if len(named) == 1 else parts
    last = list(shown)[-1]
    heads = [visible(evaluation.head_of(name)) for name in shown]
    rows = [["figure", *heads, f"95 % of {visible(last)}"]]
    for name, figure in shown[last].items():
        rows.append([name, *(value_of(name, row[name]) for row in shown.values()), interval_of(name, figure)])
    return rows


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
