"""`augderm maps`: what each pixel absorbs and reflects, as maps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from augderm.cli.exit_status import ALL_READ

if TYPE_CHECKING:
    from augderm.analysis.maps.parameter_map import ParameterMaps
    from augderm.domain.assessment import Assessment


def maps(
    path: Annotated[
        Path,
        typer.Argument(
            help="A photograph; or a multispectral stack: a folder of one grey TIFF, PNG or DICOM file a "
            "wavelength, or a TIFF or DICOM file of one page or frame a wavelength."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the maps and maps.json.")],
    wavelengths: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="JSON with the wavelength of each plane [default: wavelengths.json in the folder, or "
            "NAME.wavelengths.json beside the file, or what DICOM files say].",
        ),
    ] = None,
    pair: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="PATH is polarised, and this is the same lesion without polarisation."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> int:
    """Map melanin, haemoglobin, and what polarisation changes, over a lesion and the skin around it.

    Each map as TIFF (floating point) and as PNG with its scale; maps.json holds the figures, their
    residual and their limits. From a colour photograph the maps are relative, not quantitative.
    """
    from augderm.cli.reading.outputs import refuse_existing
    from augderm.formats.map_files import FIGURES, write_maps
    from augderm.formats.multispectral import is_stack

    if not overwrite:
        refuse_existing(None, None, out)
    if wavelengths is not None or is_stack(path):
        if pair is not None:
            raise typer.BadParameter("--pair goes with a photograph, not with a stack; leave it out")
        told, about = _of_stack(path, wavelengths)
    else:
        told, about = _of_photograph(path, pair)
    record = write_maps(out, told, about)
    for each in record["sets"]:
        for found in each["maps"].values():
            lesion, skin = (_shown(found[region]["mean"]) for region in ("lesion", "skin"))
            typer.echo(f"{found['title']}: lesion {lesion}, skin {skin} ({found['unit']})")
        for note in each["notes"]:
            typer.echo(f"note: {note}", err=True)
    typer.echo(f"Maps in {out}, figures and limits in {out / FIGURES}")
    return ALL_READ


def _shown(mean: float | None) -> str:
    return "not known" if mean is None else f"{mean:.3g}"


def _of_stack(path: Path, wavelengths: Path | None) -> tuple[list[ParameterMaps], dict[str, Any]]:
    from dataclasses import replace

    from augderm.analysis.maps.multispectral_maps import multispectral_maps
    from augderm.formats.multispectral import read_stack

    stack = read_stack(path, wavelengths)
    told = multispectral_maps(stack.planes, stack.wavelengths_nm, dark=stack.dark, flat=stack.flat)
    about = _about(path, stack.sha256, (stack.width_px, stack.height_px), told)
    return [replace(told, notes=stack.notes + told.notes)], about


def _of_photograph(path: Path, pair: Path | None) -> tuple[list[ParameterMaps], dict[str, Any]]:
    from dataclasses import asdict

    from augderm.analysis.maps.colour_maps import colour_maps
    from augderm.domain.errors import InvalidImage
    from augderm.second_read import assess

    read = assess(path)
    pictures = read.pictures
    if pictures is None:
        raise InvalidImage(f"{path}: {read.reason}{_of_pages(path)}")
    if read.border is None:
        raise InvalidImage(
            f"{path}: no lesion was found in the image; centre it in the field of view, with skin around it."
        )
    told = [colour_maps(pictures.pixels, pictures.mask)]
    about = _about(path, read.sha256, pictures.size_px, told[0])
    about["capture"] = asdict(read.capture) if read.capture else None
    about["model"] = asdict(read.model)
    if pair is not None:
        other, about["pair"] = _of_pair(read, pair)
        told.append(other)
    return told, about


def _of_pages(path: Path) -> str:
    """What to do where a TIFF of several pages was given as a photograph."""
    if path.suffix.lower() not in (".tif", ".tiff"):
        return ""
    return " For a multispectral stack, give the wavelength of each page with --wavelengths FILE."


def _of_pair(read: Assessment, pair: Path) -> tuple[ParameterMaps, dict[str, Any]]:
    from dataclasses import asdict

    from augderm.analysis.maps.polarisation import polarisation_maps
    from augderm.domain.errors import AugDermError, InvalidConfig
    from augderm.domain.text import storable
    from augderm.formats.capture import capture_of
    from augderm.formats.raster import decode_image, read_file

    assert read.pictures is not None
    try:
        data = read_file(pair)
        other = decode_image(data)
    except AugDermError as error:
        raise type(error)(f"{pair}: {error}") from None
    capture = capture_of(data, pair)
    ours, theirs = (each.polarisation if each else None for each in (read.capture, capture))
    if ours == "non_polarised" or theirs == "polarised":
        unknown = "of unknown polarisation"
        raise InvalidConfig(
            f"The capture sidecars say that {read.image} is {ours or unknown} and {pair} is "
            f"{theirs or unknown}; give the polarised one as PATH and the other with --pair"
        )
    told = polarisation_maps(read.pictures.pixels, other.pixels, read.pictures.mask)
    return told, {
        "image": storable(str(pair)),
        "sha256": other.sha256,
        "capture": asdict(capture) if capture else None,
    }


def _about(path: Path, sha256: str | None, size: tuple[int, int], told: ParameterMaps) -> dict[str, Any]:
    from augderm.domain.text import storable

    height, width = told.lesion.shape
    return {
        "image": storable(str(path)),
        "sha256": sha256,
        "size_px": list(size),
        "map_size_px": [width, height],
    }
