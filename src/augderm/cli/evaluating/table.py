"""The figures as plain text, the same on a terminal, in a pipe and in a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import typer

from augderm.domain.text import visible
from augderm.learn.evaluation.evaluation import ALL, Evaluation
from augderm.learn.evaluation.figures import Figure
from augderm.learn.evaluation.wording import interval_of, number, p_value, percent, value_of


def show(evaluation: Evaluation) -> None:
    """Print the figures by part, and robustness and comparison where they were asked for."""
    for line in lines(evaluation):
        typer.echo(line)


def lines(evaluation: Evaluation) -> Iterator[str]:
    """What `show` prints."""
    subject = evaluation.subject
    yield visible(f"{subject.bundle} {subject.version}, {subject.dataset}, {subject.chosen}")
    yield from _aligned(_figures(evaluation.parts))
    if evaluation.checklist:
        yield ""
        yield from _aligned(
            [
                ["7-point checklist", "", "95 %"],
                *([name, value_of(name, f), interval_of(f)] for name, f in evaluation.checklist.items()),
            ]
        )
    if evaluation.robustness:
        yield ""
        yield from _aligned(
            [
                ["decisions flipped", "images", "likeliest class", "malignancy"],
                *(
                    [f.name, str(f.images), percent(f.likeliest.value), percent(f.malignancy.value)]
                    for f in evaluation.robustness
                ),
            ]
        )
    if evaluation.comparison:
        c = evaluation.comparison
        yield ""
        yield visible(
            f"against {evaluation.compared_with} on {c.images} images that both read: right for the first "
            f"alone {c.likeliest.only_first}, for the second alone {c.likeliest.only_second} (McNemar p "
            f"{p_value(c.likeliest.p_value)})"
        )
        yield from _aligned(
            [
                ["second less first", "", "95 %"],
                *([name, number(f.value), interval_of(f)] for name, f in c.second_less_first.items()),
            ]
        )


def _figures(parts: Mapping[str, Mapping[str, Figure]]) -> list[list[str]]:
    # One dataset alone is the whole: it need not be shown twice.
    named = [name for name in parts if name != ALL]
    shown = {named[0]: parts[named[0]]} if len(named) == 1 else parts
    last = list(shown)[-1]
    rows = [["figure", *map(visible, shown), f"95 % of {visible(last)}"]]
    for name, figure in shown[last].items():
        rows.append([name, *(value_of(name, row[name]) for row in shown.values()), interval_of(figure)])
    return rows


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
