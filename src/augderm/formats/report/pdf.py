"""The report typeset as a PDF of A4 pages, the same bytes for the same assessment."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import typst

from augderm.domain.assessment import Assessment
from augderm.domain.errors import OutputRefused
from augderm.formats.report.content import Report, report_content
from augderm.formats.report.layers import heat_legend

MAIN = "report.typ"


def report_pdf(assessment: Assessment, *, synthetic: bool = False, read_at: datetime | None = None) -> bytes:
    """Typeset the report.

    Args:
        assessment: what was read.
        synthetic: the image is a phantom; each page says so.
        read_at: when it was read; not shown where None.

    Returns:
        A tagged PDF without a date of its own, set in fonts that typst carries.

    Raises:
        OutputRefused: the system's folder for temporary files is full or not writable.
    """
    return pdf_of(report_content(assessment, synthetic=synthetic, read_at=read_at))


def pdf_of(report: Report) -> bytes:
    """The PDF of what is already worded and drawn; raises as `report_pdf` does."""
    return typeset(_files(report))


def typeset(files: Mapping[str, bytes], fonts: Sequence[Path] = ()) -> bytes:
    """The PDF of the template `MAIN` among these files; raises as `report_pdf` does.

    Args:
        files: contents by name; of nothing else can the template know.
        fonts: folders of fonts beside those inside the typst wheel.
    """
    # The root is a folder of this report alone: the template can read nothing else. What was read
    # reaches it as JSON, whose strings typst never takes for markup.
    try:
        with tempfile.TemporaryDirectory(prefix="augderm-report-") as root:
            for name, data in files.items():
                (Path(root) / name).write_bytes(data)
            pdf: bytes = _compiler(root, tuple(fonts)).compile(format="pdf")
    except OSError as error:
        raise OutputRefused(
            f"The folder for temporary files cannot be written ({error.strerror}); free some disk, or set "
            "TMPDIR to another folder"
        ) from None
    return pdf


FIRST_LETTER_BEYOND = 0x0530
"""The fonts inside the typst wheel carry Latin, Greek and Cyrillic, which end before this code point."""
CARRIED_SYMBOLS = range(0x1E00, 0x2C00)
"""And more Latin and Greek, punctuation, arrows and mathematical signs."""


@cache
def _fonts(more: tuple[Path, ...]) -> Any:
    """The fonts inside the typst wheel: system fonts would make the pages differ by machine."""
    return typst.Fonts(include_system_fonts=False, font_paths=[*more])


def _compiler(root: str, fonts: tuple[Path, ...]) -> Any:
    return typst.Compiler(
        input=Path(root) / MAIN,
        root=root,
        font_paths=_fonts(fonts),
        ignore_system_fonts=True,
        package_path=root,
        package_cache_path=root,
    )


def _files(report: Report) -> dict[str, bytes]:
    files = {MAIN: _template(), "legend.png": heat_legend()}
    if report.layers:
        files["photograph.jpg"] = report.layers.photograph
        if report.layers.heat:
            files["heat.png"] = report.layers.heat
    for row in report.located.rows if report.located else ():
        files[f"{row.key}.png"], files[f"{row.key}-swatch.png"] = row.layer, row.swatch
    if report.lesion:
        files["rose.svg"] = report.lesion.rose.encode()
    for index, panel in enumerate(report.maps.panels if report.maps else ()):
        files[f"map-{index}.jpg"], files[f"map-{index}-strip.png"] = panel.picture, panel.strip
    files["report.json"] = _in_carried_letters(json.dumps(_plain(report), ensure_ascii=False)).encode()
    return files


def _in_carried_letters(text: str) -> str:
    """JSON text with every letter that the carried fonts lack spelt out as "\\uXXXX", to be read so.

    A box in place of a letter would leave an image without its name on paper.
    """
    return "".join(
        letter
        if ord(letter) < FIRST_LETTER_BEYOND or ord(letter) in CARRIED_SYMBOLS
        else letter.encode("ascii", "backslashreplace").decode().replace("\\", "\\\\")
        for letter in text
    )


@cache
def _template() -> bytes:
    return resources.files(__package__).joinpath("templates", MAIN).read_bytes()


def _plain(report: Report) -> dict[str, Any]:
    """The view model without its pictures, which are files of their own."""
    plain = dataclasses.asdict(report)
    layers = report.layers
    if layers:
        plain["layers"] = {
            "width": layers.width_px,
            "height": layers.height_px,
            "outline": layers.outline,
            "heat": layers.heat is not None,
        }
    for row in (plain["located"] or {}).get("rows", ()):
        del row["layer"], row["swatch"]
    for panel in plain["maps"]["panels"] if report.maps else ():
        del panel["picture"], panel["strip"]
    return plain
