"""Maps as files: each as a floating-point TIFF and a picture, and one JSON with the figures.

The published JSON Schema is `maps.schema.json` beside this file.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.maps.parameter_map import ParameterMap, ParameterMaps, RegionFigures, figures_over
from augderm.domain.assessment import LIMIT_OF_USE
from augderm.domain.errors import OutputRefused
from augderm.formats.assessment_json import SIGNIFICANT_DIGITS
from augderm.formats.border_png import border_png
from augderm.formats.map_picture import ascii_unit, map_png, shown_range

SCHEMA = "augderm.maps/1"
SCHEMA_FILE = Path(__file__).parent / "maps.schema.json"
FIGURES = "maps.json"
_DESCRIPTION = 270


def write_maps(folder: Path, told: Sequence[ParameterMaps], about: Mapping[str, Any]) -> dict[str, Any]:
    """Write NAME.tif (32-bit float, nan where unknown) and NAME.png for each map, and `maps.json` last.

    Args:
        folder: made where it is missing.
        told: the maps, no two of one name.
        about: what the JSON says of the source, as plain JSON values.

    Returns:
        what stands in the JSON.

    Raises:
        OutputRefused: the folder cannot be written.
    """
    record: dict[str, Any] = _rounded(
        {"schema": SCHEMA, **about, "limit_of_use": LIMIT_OF_USE, "sets": [_set(maps) for maps in told]}
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for maps in told:
            height, width = maps.lesion.shape
            for region, mask in (("lesion", maps.lesion), ("skin", maps.skin)):
                name = f"{maps.kind}-{region}.png"
                (folder / name).write_bytes(border_png(mask, (width, height)))
            for name, pixels in maps.pictures.items():
                (folder / f"{name}.png").write_bytes(_png(pixels))
            for each in maps.maps:
                name = _file_name(maps, each)
                (folder / f"{name}.tif").write_bytes(_tiff(each))
                (folder / f"{name}.png").write_bytes(map_png(each, maps.lesion))
        # Last, so that it stands for all the others.
        text = json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1)
        (folder / FIGURES).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputRefused(
            f"{folder} cannot be written ({error.strerror}); free some disk or give another folder"
        ) from None
    return record


def _file_name(maps: ParameterMaps, each: ParameterMap) -> str:
    return each.name if each.name != "residual" else f"{maps.kind}-residual"


def _set(maps: ParameterMaps) -> dict[str, Any]:
    return {
        "kind": maps.kind,
        "maps": {each.name: _figures(maps, each) for each in maps.maps},
        "lesion_px": int(np.count_nonzero(maps.lesion)),
        "skin_px": int(np.count_nonzero(maps.skin)),
        "facts": dict(maps.facts),
        "notes": list(maps.notes),
        "limits": list(maps.limits),
    }


def _figures(maps: ParameterMaps, each: ParameterMap) -> dict[str, Any]:
    lesion, skin = figures_over(each.values, maps.lesion), figures_over(each.values, maps.skin)
    name = _file_name(maps, each)
    return {
        "title": each.title,
        "unit": each.unit,
        "values": f"{name}.tif",
        "picture": f"{name}.png",
        "picture_range": list(shown_range(each)),
        "lesion": asdict(lesion),
        "skin": asdict(skin),
        "lesion_minus_skin": _difference(lesion, skin),
    }


def _difference(lesion: RegionFigures, skin: RegionFigures) -> float | None:
    return None if lesion.mean is None or skin.mean is None else lesion.mean - skin.mean


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
    return value


def _tiff(found: ParameterMap) -> bytes:
    buffer = io.BytesIO()
    text = f"{found.title}; {ascii_unit(found.unit)}; nan: not known. {LIMIT_OF_USE}"
    Image.fromarray(found.values).save(
        buffer, "TIFF", compression="tiff_adobe_deflate", tiffinfo={_DESCRIPTION: text}
    )
    return buffer.getvalue()


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
