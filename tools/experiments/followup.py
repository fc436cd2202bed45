"""How far every quantity moves when a lesion is only photographed anew: the limits of `augderm compare`.

    .venv/bin/python tools/experiments/followup.py measure --out changes.jsonl --data ../shared/data
    .venv/bin/python tools/experiments/followup.py limits changes.jsonl
    .venv/bin/python tools/experiments/followup.py check changes.jsonl
    .venv/bin/python tools/experiments/followup.py pairs ../shared/data

`measure` writes one line a pair: phantoms to set the limits by ("set"), real images turned and lit anew
("real", folds 1 to 4 only), and other phantoms to check them ("check" as they were, "grown" with a tenth or a
quarter more area). `limits` writes repeatability.json from "set" and "real"; `check` prints what the limits
do to the others, and to those they were set by, each scene left out in turn: in how many pairs a quantity
stayed within its limit, was beyond it, or was not determined, which says neither. `pairs` counts how many
photographs of one lesion, and of two, are registered (HAM10000, folds 1 to 4, with the dataset's own
borders).
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import beta
from skimage.transform import ProjectiveTransform

from augderm.analysis.border import clean_mask, outline
from augderm.analysis.followup.changes import difference
from augderm.analysis.followup.phantom import SkinSpec, Visit, VisitSpec, any_visit, draw_skin, photograph
from augderm.analysis.followup.register import register
from augderm.analysis.followup.repeatability import effect, repeatability
from augderm.analysis.followup.sight import Sight, see
from augderm.analysis.phantom import Phantom, phantom_series
from augderm.analysis.ruler import find_ruler
from augderm.domain.followup import FollowUp
from augderm.followup import compare
from augderm.second_read import default_network

SET_SCENES, CHECK_SCENES, VISITS = 16, 24, 5
GROWTH = (1.10, 1.25)
"""Of the area."""
REAL_IMAGES = 40
JOINT_PERCENTILE = 95.0
"""Of the pairs, each left out with its scene when the scales are taken, that stay within all limits."""
FEWEST = 20
"""Pairs in which a quantity must have been determined to have a limit."""
FLOORS = {
    "area": 0.02,
    "long_axis": 0.015,
    "shape_asymmetry": 0.01,
    "colour_asymmetry": 0.01,
    "mean_colour": 1.0,
}
"""Below it no change is of any use to a person; for shares 0.03, as in `color.PRESENT_SHARE`, for log-odds
0.2."""


def _scenes(seed: int, count: int, growth: float = 1.0) -> list[SkinSpec]:
    specs = phantom_series(count, seed)
    side = math.sqrt(growth)
    return [
        SkinSpec(
            lesion=replace(
                spec,
                label=False,
                dark_corners=False,
                long_axis_px=spec.long_axis_px * side,
                short_axis_px=spec.short_axis_px * side,
            ),
            spots=random.Random(f"{seed}-{index}").randint(350, 700),
            seed=1000 * seed + index,
        )
        for index, spec in enumerate(specs)
    ]


def _record(kind: str, found: FollowUp, truth: dict[str, Any]) -> str:
    # From the values: a change is withheld where its limit, the one to be measured anew, is too wide.
    changes = {
        change.name: None
        if change.baseline is None or change.follow_up is None
        else effect(change.kind, difference(change.kind, change.baseline, change.follow_up))
        for change in found.changes
    }
    kept = {"kind": kind, "reason": found.reason, "size_scale": found.size_scale, **truth, "changes": changes}
    return json.dumps(kept) + "\n"


def _miss(found: FollowUp, first: Visit, visit: Visit) -> float | None:
    """Greatest error of the registration along the lesion's outline, in pixels of the baseline."""
    if found.registration is None:
        return None
    true = first.from_scene @ np.linalg.inv(visit.from_scene)
    places = visit.outline[::40]
    one, other = (ProjectiveTransform(np.array(m))(places) for m in (found.registration.matrix, true))
    return float(np.hypot(*(one - other).T).max())


def _phantoms(kind: str, seed: int, count: int, start: int = 0) -> Iterator[str]:
    for index, spec in list(enumerate(_scenes(seed, count)))[start:]:
        rng = np.random.default_rng((seed, index))
        scene = draw_skin(spec)
        first = photograph(scene, VisitSpec(noise=3.0, seed=seed * 1000 + index))
        taken: list[tuple[str, float, Visit]] = [
            (kind, 0.0, photograph(scene, any_visit(rng))) for _ in range(VISITS)
        ]
        if kind == "check":
            growth = GROWTH[index % len(GROWTH)]
            grown: Phantom = draw_skin(_scenes(seed, count, growth)[index])
            taken.append(("grown", growth - 1, photograph(grown, any_visit(rng))))
        done = compare(first.pixels, [visit.pixels for _, _, visit in taken], novelty_limit=math.inf)
        for (name, growth, visit), found in zip(taken, done.follow_ups, strict=True):
            truth = {"scene": index, "growth": growth, "miss_px": _miss(found, first, visit)}
            yield _record(name, found, truth)


def _again(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A photograph turned, a little farther away, in other light and with new noise."""
    turned = np.rot90(pixels, int(rng.integers(1, 4)))
    factor = float(rng.uniform(0.8, 1.0))
    size = (round(turned.shape[1] * factor), round(turned.shape[0] * factor))
    small = np.asarray(Image.fromarray(np.ascontiguousarray(turned)).resize(size, Image.Resampling.BILINEAR))
    lit = small * rng.uniform(0.85, 1.05, 3) + rng.normal(0, 2, small.shape)
    return np.clip(np.round(lit), 0, 255).astype(np.uint8)


def _ham(data: Path) -> list[dict[str, str]]:
    with (data / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == "ham10000" and row["fold"] != "0"]
    random.Random(5).shuffle(rows)
    return rows


def _real(data: Path) -> Iterator[str]:
    rng = np.random.default_rng(7)
    for row in _ham(data)[:REAL_IMAGES]:
        pixels = np.asarray(Image.open(data / row["image"]).convert("RGB"))
        try:
            found = compare(pixels, [_again(pixels, rng)]).follow_ups[0]
        except Exception as error:  # what cannot be read is counted too
            yield json.dumps({"kind": "real", "reason": str(error), "changes": {}}) + "\n"
            continue
        yield _record("real", found, {})


def measure(out: Path, data: Path) -> None:
    """Write a line for every pair."""
    with out.open("w", encoding="utf-8") as file:
        for lines in (_phantoms("set", 21, SET_SCENES), _real(data), _phantoms("check", 77, CHECK_SCENES)):
            for line in lines:
                file.write(line)
                file.flush()


def _read(path: Path, *kinds: str) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [record for record in map(json.loads, file) if record["kind"] in kinds]


def _floor(name: str) -> float:
    return FLOORS.get(name, 0.2 if name.startswith(("structure", "malignancy")) else 0.03)


def _scales(groups: list[list[dict[str, Any]]]) -> dict[str, float]:
    """Of each quantity the 95th percentile of its change, the larger of the groups', or its floor."""
    names = list(repeatability().limits)
    scales = {name: _floor(name) for name in names}
    for group in groups:
        for name in names:
            known = [abs(r["changes"][name]) for r in group if r["changes"].get(name) is not None]
            if known:
                scales[name] = max(scales[name], float(np.percentile(known, 95)))
    return scales


def _left_out(groups: list[list[dict[str, Any]]]) -> list[list[float]]:
    """Of each pair the greatest change over its scale, which is taken without that scene, or real image."""
    found: list[list[float]] = []
    for place, group in enumerate(groups):
        keys = [record.get("scene", number) for number, record in enumerate(group)]
        found.append([])
        for key in sorted(set(keys)):
            others = [r for r, other in zip(group, keys, strict=True) if other != key]
            scales = _scales([*groups[:place], others, *groups[place + 1 :]])
            found[-1] += [
                max((abs(v) / scales[n] for n, v in r["changes"].items() if v is not None), default=0.0)
                for r, other in zip(group, keys, strict=True)
                if other == key
            ]
    return found


def _factor(groups: list[list[dict[str, Any]]]) -> float:
    """By which all scales are widened, so that enough pairs of each group stay within all of them."""
    return max(
        1.0, *(float(np.percentile(each, JOINT_PERCENTILE, method="higher")) for each in _left_out(groups))
    )


def _compared(path: Path, kind: str) -> list[dict[str, Any]]:
    return [record for record in _read(path, kind) if not record["reason"]]


def limits(path: Path) -> None:
    """Write repeatability.json beside its reader."""
    groups = [_compared(path, kind) for kind in ("set", "real")]
    for name in repeatability().limits:
        measured = sum(r["changes"].get(name) is not None for group in groups for r in group)
        if measured < FEWEST:
            raise SystemExit(
                f"{name} was determined in {measured} pairs, fewer than {FEWEST}: no limit for it"
            )
    factor = _factor(groups)
    found = {name: scale * factor for name, scale in _scales(groups).items()}
    for name in ("area", "long_axis"):
        found[name] = math.expm1(found[name])
    record = {
        "limits": {name: float(f"{value:.3g}") for name, value in found.items()},
        "model": default_network().bundle.name.sha256,
        "command": "tools/experiments/followup.py",
        "pairs": f"{len(groups[0])} re-photographed phantoms and {len(groups[1])} images turned and lit anew",
    }
    target = Path(__file__).parents[2] / "src/augderm/analysis/followup/repeatability.json"
    target.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


class Tally(NamedTuple):
    """In how many pairs a quantity stayed within its limit, was beyond it, or was not determined."""

    within: int
    beyond: int
    not_determined: int

    @property
    def at_most(self) -> float:
        """Share of pairs that may be beyond, by those determined (one-sided 95 %, Clopper-Pearson).

        1 where none was. It takes pairs for independent, though several are of one scene.
        """
        return float(beta.ppf(0.95, self.beyond + 1, self.within)) if self.within else 1.0


def tallies(records: list[dict[str, Any]], known: Mapping[str, float]) -> dict[str, Tally]:
    """Of each quantity with a limit, over compared pairs; one that does not name it did not determine it."""
    found = {}
    for name, limit in known.items():
        bound = math.log1p(limit) if name in ("area", "long_axis") else limit
        values = [v for record in records if (v := record["changes"].get(name)) is not None]
        beyond = sum(abs(value) > bound for value in values)
        found[name] = Tally(len(values) - beyond, beyond, len(records) - len(values))
    return found


def _changed(record: dict[str, Any]) -> list[str]:
    return [name for name, tally in tallies([record], repeatability().limits).items() if tally.beyond]


def check(path: Path) -> None:
    """Print what the limits say of the pairs that they were set by, and of those that they were not."""
    groups = [_compared(path, kind) for kind in ("set", "real")]
    factor = _factor(groups)
    for name, worst in zip(("scene", "real image"), _left_out(groups), strict=True):
        within = sum(each <= factor for each in worst)
        print(
            f"scales without that {name}, widened by {factor:.2f}: nothing beyond in {within} of {len(worst)}"
        )
    for kind in ("set", "real", "check", "grown"):
        records = _read(path, kind)
        done = [record for record in records if not record["reason"]]
        quiet = [record for record in done if not _changed(record)]
        whole = [
            r for r in done if all(v is not None for n, v in r["changes"].items() if "structure" not in n)
        ]
        print(
            f"{kind}: {len(records)} pairs, {len(done)} compared; all but structures determined in "
            f"{len(whole)}; nothing that was determined beyond its limit in {len(quiet)}"
        )
        alike = defaultdict(list)
        for name, tally in tallies(done, repeatability().limits).items():
            alike[tally].append(name)
        for tally, names in alike.items():
            # Of those that the limits were set by, or that grew, how many may be beyond means nothing.
            bound = f" (at most {100 * tally.at_most:.0f} %)" if kind == "check" else ""
            print(
                f"   within {tally.within}, beyond {tally.beyond}{bound}, not determined "
                f"{tally.not_determined}: {', '.join(names)}"
            )
        for record in done:
            if _changed(record) and kind != "grown":
                print("   changed:", {name: round(record["changes"][name], 3) for name in _changed(record)})
        misses = [r["miss_px"] for r in done if r.get("miss_px") is not None]
        if misses:
            print(f"   registration: greatest error {max(misses):.2f} px, median {np.median(misses):.2f}")
        areas = [
            100 * (math.expm1(r["changes"]["area"]) - r["growth"])
            for r in done
            if r["changes"].get("area") is not None and "growth" in r
        ]
        if areas:
            worst, middle = np.abs(areas).max(), np.median(np.abs(areas))
            print(f"   area, {len(areas)}: greatest error {worst:.2f} percentage points, median {middle:.2f}")
        if kind == "grown":
            for growth in sorted({r["growth"] for r in done}):
                of = [r for r in done if r["growth"] == growth and r["changes"].get("area") is not None]
                told = sum("area" in _changed(r) for r in of)
                print(f"   area {100 * growth:.0f} % larger: told in {told} of {len(of)}")


def _sight(data: Path, row: dict[str, str]) -> Sight:
    pixels = np.asarray(Image.open(data / row["image"]).convert("RGB"))
    size = (pixels.shape[1], pixels.shape[0])
    levels = np.asarray(Image.open(data / row["mask"]).convert("L").resize(size))
    mask = clean_mask(levels.astype(np.float32) / np.float32(255))
    return see(pixels, mask, outline(mask), find_ruler(pixels))


def pairs(data: Path, count: int) -> None:
    """Print how many pairs of one lesion, and of two, are registered."""
    by_lesion: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in _ham(data):
        if row["mask"]:
            by_lesion[row["lesion_id"]].append(row)
    chosen = [rows[:2] for rows in by_lesion.values() if len(rows) > 1][:count]
    sights = [(_sight(data, one), _sight(data, other)) for one, other in chosen]
    same = [register(one, other) for one, other in sights]
    unlike = [
        register(sights[i][0], sights[(i + step) % len(sights)][1])
        for i in range(len(sights))
        for step in (1, 2, 3)
    ]
    done = [found for found in same if found.matrix is not None]
    on_skin = sum(found.on_skin for found in done)
    print(f"one lesion: {len(done)} of {len(same)} registered, {on_skin} of them by the skin around")
    print(f"two lesions: {sum(found.matrix is not None for found in unlike)} of {len(unlike)} registered")


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = parser.add_subparsers(dest="step", required=True)
    first = steps.add_parser("measure")
    first.add_argument("--out", type=Path, required=True)
    first.add_argument("--data", type=Path, required=True)
    for name in ("limits", "check"):
        steps.add_parser(name).add_argument("changes", type=Path)
    last = steps.add_parser("pairs")
    last.add_argument("data", type=Path)
    last.add_argument("--count", type=int, default=40)
    given = parser.parse_args()
    if given.step == "measure":
        measure(given.out, given.data)
    elif given.step == "pairs":
        pairs(given.data, given.count)
    else:
        {"limits": limits, "check": check}[given.step](given.changes)


if __name__ == "__main__":
    main()
