"""The published schema of `maps.json` takes every kind of maps and refuses what would mislead."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from augderm.analysis.maps.colour_maps import colour_maps
from augderm.analysis.maps.multispectral_maps import multispectral_maps
from augderm.analysis.maps.phantom import StackSpec, simulate_stack
from augderm.analysis.maps.polarisation import polarisation_maps
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.formats.map_files import SCHEMA_FILE, write_maps
from support.schemas import maps_validator

SHA = "0" * 64
ABOUT = {"image": "x", "sha256": SHA, "size_px": [96, 96], "map_size_px": [96, 96]}
MODEL = {"name": "toy", "version": "1", "sha256": SHA}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    spec = StackSpec(noise=0.01)
    phantom = simulate_stack(spec)
    told = multispectral_maps(phantom.planes, spec.wavelengths_nm, flat=phantom.flat)
    return write_maps(tmp_path_factory.mktemp("stack"), [told], ABOUT)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    drawn = draw_phantom(PhantomSpec())
    told = [colour_maps(drawn.pixels, drawn.mask), polarisation_maps(drawn.pixels, drawn.pixels, drawn.mask)]
    other = {"image": "y", "sha256": SHA, "capture": None}
    about = {**ABOUT, "capture": None, "model": MODEL, "pair": other}
    return write_maps(tmp_path_factory.mktemp("pair"), told, about)


def test_the_schema_is_one_and_every_object_of_it_is_closed() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)

    def closed(part: Any) -> bool:
        if isinstance(part, list):
            return all(map(closed, part))
        if not isinstance(part, dict):
            return True
        own = part.get("type") != "object" or part.get("additionalProperties") is False
        return own and all(map(closed, part.values()))

    assert closed(schema)


def test_a_stack_a_pair_and_a_photograph_fit(stack: dict[str, Any], pair: dict[str, Any]) -> None:
    alone = {key: value for key, value in pair.items() if key != "pair"} | {"sets": pair["sets"][:1]}
    for record in (stack, pair, alone):
        maps_validator().validate(record)


def test_a_stack_of_which_nothing_is_known_in_places_fits(tmp_path: Path) -> None:
    spec = StackSpec()
    phantom = simulate_stack(spec)
    phantom.planes[2, phantom.lesion] = np.nan
    told = multispectral_maps(phantom.planes, spec.wavelengths_nm)
    record = write_maps(tmp_path, [told], ABOUT)
    maps_validator().validate(record)
    assert record["sets"][0]["maps"]["melanin"]["lesion"]["known_share"] < 0.9


def without_unit(record: dict[str, Any]) -> None:
    del record["sets"][0]["maps"]["melanin"]["unit"]


def without_residual(record: dict[str, Any]) -> None:
    del record["sets"][0]["maps"]["residual"]


def without_limits(record: dict[str, Any]) -> None:
    record["sets"][0]["limits"] = []


def without_limit_of_use(record: dict[str, Any]) -> None:
    del record["limit_of_use"]


def other_version(record: dict[str, Any]) -> None:
    record["schema"] = "augderm.maps/2"


def unknown_fact(record: dict[str, Any]) -> None:
    record["sets"][0]["facts"]["oxygen_saturation"] = 0.7


def path_in_a_file_name(record: dict[str, Any]) -> None:
    record["sets"][0]["maps"]["melanin"]["values"] = "../melanin.tif"


def no_sets(record: dict[str, Any]) -> None:
    record["sets"] = []


@pytest.mark.parametrize(
    "spoil",
    [
        without_unit,
        without_residual,
        without_limits,
        without_limit_of_use,
        other_version,
        unknown_fact,
        path_in_a_file_name,
        no_sets,
    ],
)
def test_what_would_mislead_is_refused(
    spoil: Callable[[dict[str, Any]], None], stack: dict[str, Any], pair: dict[str, Any]
) -> None:
    for whole in (stack, pair):
        record = copy.deepcopy(whole)
        spoil(record)
        assert not maps_validator().is_valid(record)


def test_model_and_pair_stand_where_they_belong(stack: dict[str, Any], pair: dict[str, Any]) -> None:
    valid = maps_validator().is_valid
    assert not valid({**stack, "model": MODEL})
    assert not valid({key: value for key, value in pair.items() if key != "model"})
    assert not valid({key: value for key, value in pair.items() if key != "pair"})
    assert not valid({**pair, "sets": pair["sets"][:1]})
    assert not valid({**pair, "sets": pair["sets"][::-1]})
    assert not valid({**stack, "sets": stack["sets"] * 2})
