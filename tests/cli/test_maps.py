"""`augderm maps` on written files, from photograph, stack and pair to maps and figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augderm.analysis.maps.phantom import EIGHT_BANDS_NM, StackSpec, simulate_stack
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from support.command import augderm
from support.schemas import maps_validator
from support.stacks import write_folder, write_series, write_tiff

SPEC = StackSpec(noise=0.01, uneven=0.3)
PHANTOM = simulate_stack(SPEC)


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photograph") / "lesion.png"
    Image.fromarray(draw_phantom(PhantomSpec(hairs=3)).pixels).save(path)
    return path


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "maps.json").read_text(encoding="utf-8"))
    maps_validator().validate(found)
    return found


@pytest.mark.parametrize("write", [write_tiff, write_folder])
def test_a_stack_gives_its_known_concentrations(tmp_path: Path, write: Any) -> None:
    (tmp_path / "in").mkdir()
    path = write(tmp_path / "in", PHANTOM, SPEC.wavelengths_nm)
    done = augderm("maps", path, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Oxyhaemoglobin: lesion" in done.stdout
    found = record(tmp_path / "out")["sets"][0]
    for index, name in enumerate(("melanin", "oxyhaemoglobin", "deoxyhaemoglobin")):
        with Image.open(tmp_path / "out" / f"{name}.tif") as image:
            values = np.asarray(image)
        truth = PHANTOM.amounts[index][PHANTOM.lesion].mean()
        assert np.nanmean(values[PHANTOM.lesion]) == pytest.approx(truth, rel=0.05)
        assert found["maps"][name]["skin"]["mean"] == pytest.approx(SPEC.skin[index], rel=0.15)
    assert found["maps"]["residual"]["lesion"]["mean"] < 0.02
    assert found["facts"]["flat_corrected"]


def test_a_dicom_series_gives_maps_and_no_word_of_the_patient(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = write_series(tmp_path / "in", PHANTOM, SPEC.wavelengths_nm)
    done = augderm("maps", path, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = record(tmp_path / "out")
    assert [plane["wavelength_nm"] for plane in found["sets"][0]["facts"]["planes"]] == list(EIGHT_BANDS_NM)
    assert not found["sets"][0]["facts"]["flat_corrected"]
    assert "Secret" not in done.stdout + done.stderr + json.dumps(found)


def test_a_sidecar_elsewhere_and_results_that_are_there_already(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = write_tiff(tmp_path / "in", PHANTOM, SPEC.wavelengths_nm)
    sidecar = (tmp_path / "in" / "stack.wavelengths.json").rename(tmp_path / "w.json")
    arguments = ("maps", path, "--out", tmp_path / "out", "--wavelengths", sidecar)
    assert augderm(*arguments).returncode == 0
    again = augderm(*arguments)
    assert again.returncode == 1
    assert "--overwrite" in again.stderr


def test_a_tiff_of_pages_without_wavelengths_is_told_the_remedy(tmp_path: Path) -> None:
    path = write_tiff(tmp_path, PHANTOM, SPEC.wavelengths_nm)
    (tmp_path / "stack.wavelengths.json").unlink()
    done = augderm("maps", path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "--wavelengths FILE" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_wrong_stack_is_misuse_and_leaves_nothing(tmp_path: Path) -> None:
    path = write_tiff(tmp_path, PHANTOM, [*EIGHT_BANDS_NM[:-1], 1200])
    done = augderm("maps", path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "1200 nm is outside" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_pair_does_not_go_with_a_stack(tmp_path: Path, photograph: Path) -> None:
    path = write_tiff(tmp_path, PHANTOM, SPEC.wavelengths_nm)
    done = augderm("maps", path, "--out", tmp_path / "out", "--pair", photograph)
    assert done.returncode == 1
    assert "--pair" in done.stderr


def test_a_photograph_and_its_pair_give_relative_maps_and_a_difference(
    tmp_path: Path, photograph: Path
) -> None:
    pixels = np.asarray(Image.open(photograph)).copy()
    pixels[220:230, 290:310] = np.minimum(255, pixels[220:230, 290:310].astype(int) + 60)
    polarised = tmp_path / "polarised.png"
    Image.fromarray(pixels).save(polarised)
    (tmp_path / "polarised.capture.json").write_text('{"polarisation": "polarised", "magnification": 10}')
    done = augderm("maps", polarised, "--out", tmp_path / "out", "--pair", photograph)
    assert done.returncode == 0, done.stderr
    found = record(tmp_path / "out")
    assert found["pair"]["image"] == str(photograph)
    assert found["capture"]["magnification"] == 10
    assert found["model"]["name"]
    colour, pair = found["sets"]
    assert colour["maps"]["melanin"]["lesion_minus_skin"] > 0.3
    assert "not quantitative" in colour["limits"][0]
    assert pair["facts"]["brighter_polarised_share"] > 0
    for name in ("melanin.tif", "haemoglobin.png", "colour-residual.tif", "polarisation.png", "balanced.png"):
        assert (tmp_path / "out" / name).is_file()
    alone = augderm("maps", photograph, "--out", tmp_path / "alone")
    assert alone.returncode == 0, alone.stderr
    assert "pair" not in record(tmp_path / "alone")
    # The other way round, against what the sidecar says.
    swapped = augderm("maps", photograph, "--out", tmp_path / "other", "--pair", polarised)
    assert swapped.returncode == 1
    assert "give the polarised one as PATH" in swapped.stderr


@pytest.mark.parametrize("content", [b"", b"no image"])
def test_a_file_that_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(content)
    done = augderm("maps", path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert str(path) in done.stderr
