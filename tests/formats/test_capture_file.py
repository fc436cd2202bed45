"""The capture's parameters come from the file and its sidecar into the assessment and its report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from augderm.domain.capture import Capture
from augderm.domain.errors import InvalidConfig
from augderm.formats.assessment_json import SCHEMA_FILE, to_json_object
from augderm.formats.capture import capture_of
from augderm.formats.report.content import report_content
from augderm.formats.report.photographs import capture_text
from augderm.reader.network import Network
from augderm.second_read import assess
from support.images import encode, picture
from support.reports import assessment_of

FULL = {
    "polarisation": "polarised", "contact": True, "immersion": "gel", "wavelength_nm": 550.5,
    "magnification": 10, "device": "Dermatoscope D4", "patient": "P-17", "lesion": "back 3",
    "taken_on": "2025-03-01",
}  # fmt: skip


def photograph(folder: Path, make: str = "", model: str = "") -> Path:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = make, model
    path = folder / "lesion.1.jpg"
    path.write_bytes(encode(picture(), "JPEG", exif=exif.tobytes() if make or model else b""))
    return path


def test_without_exif_and_sidecar_nothing_is_claimed(tmp_path: Path) -> None:
    path = photograph(tmp_path)
    assert capture_of(path.read_bytes(), path) is None
    assert capture_of(b"no image") is None


@pytest.mark.parametrize(
    ("make", "model", "device"),
    [("Canon", "EOS 80D", "Canon EOS 80D"), ("Canon", "Canon EOS", "Canon EOS"), ("", "X\0\x1b", "X")],
)
def test_the_file_names_its_device(tmp_path: Path, make: str, model: str, device: str) -> None:
    assert capture_of(photograph(tmp_path, make, model).read_bytes()) == Capture(device=device)


def dated(folder: Path, taken: str) -> Path:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    path = folder / "dated.jpg"
    path.write_bytes(encode(picture(), "JPEG", exif=exif.tobytes()))
    return path


def test_the_day_comes_from_the_file_and_a_clock_that_was_never_set_says_nothing(tmp_path: Path) -> None:
    path = dated(tmp_path, "2025:03:01 10:11:12")
    assert capture_of(path.read_bytes(), path) == Capture(taken_on="2025-03-01")
    for nonsense in ("0000:00:00 00:00:00", "2025:02:30 10:11:12", "soon"):
        assert capture_of(dated(tmp_path, nonsense).read_bytes()) is None


def test_the_sidecar_counts_before_the_file(tmp_path: Path) -> None:
    path = photograph(tmp_path, "Canon", "EOS")
    sidecar = tmp_path / "lesion.1.capture.json"
    sidecar.write_text(json.dumps(FULL))
    assert capture_of(path.read_bytes(), path) == Capture(**FULL)  # type: ignore[arg-type]
    sidecar.write_text('{"contact": false}')
    assert capture_of(path.read_bytes(), path) == Capture(contact=False, device="Canon EOS")


def test_a_wrong_sidecar_fails_the_read_with_its_name(tmp_path: Path, toy_network: Network) -> None:
    path = photograph(tmp_path)
    sidecar = tmp_path / "lesion.1.capture.json"
    sidecar.write_text('{"contact": 3}')
    with pytest.raises(InvalidConfig, match="true or false"):
        capture_of(path.read_bytes(), path)
    read = assess(path, network=toy_network)
    assert read.status == "failed"
    assert str(sidecar) in read.reason


def test_an_assessment_keeps_it_in_its_json(tmp_path: Path, toy_network: Network) -> None:
    path = photograph(tmp_path)
    (tmp_path / "lesion.1.capture.json").write_text(json.dumps(FULL))
    read = to_json_object(assess(path, network=toy_network))
    jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text())).validate(read)
    assert read["capture"] == FULL
    assert to_json_object(assess(path.read_bytes(), network=toy_network))["capture"] is None


def test_the_report_shows_it_in_one_line() -> None:
    capture = Capture(**FULL)  # type: ignore[arg-type]
    facts = {
        fact.label: fact.value for fact in report_content(replace(assessment_of(), capture=capture)).facts
    }
    assert facts["Capture"] == (
        "polarised, contact, immersion in gel, 550.5\u202fnm, 10.0×, Dermatoscope D4, "
        "taken on 2025-03-01, patient P-17, lesion back 3"
    )
    assert "Capture" not in {fact.label for fact in report_content(assessment_of()).facts}


def test_what_is_not_known_is_left_out_of_the_line() -> None:
    assert capture_text(Capture(contact=False, immersion="none")) == "without contact, no immersion"
    assert capture_text(Capture()) == "not determined"
