"""How often the body overview is right, on synthetic pairs with known truth.

    .venv/bin/python tools/experiments/overview.py measure --out pairs.jsonl --count 40
    .venv/bin/python tools/experiments/overview.py limits pairs.jsonl
    .venv/bin/python tools/experiments/overview.py check pairs.jsonl

`measure` writes one line a pair: even seeds to set the limits of size by ("set"), odd ones to check
("check"); and registers each follow-up with the baseline of the person before ("strangers"). `limits` writes
repeatability.json from "set"; `check` prints figures of "check", and of the strangers.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.overview.detect import Cloud, find_spots
from augderm.analysis.overview.match import Matched, match
from augderm.analysis.overview.phantom import OverviewPair, Planted, draw_pair, varied_spec
from augderm.analysis.overview.register import Registered, register
from augderm.analysis.overview.repeatability import repeatability

FIRST_SEED = 1000
VISIBLE_PX, VISIBLE_DENSITY = 6.0, 0.12
"""Planted lesions of this diameter and density at least are counted as to be found."""
NEAR_PX, NEAR_SHARE = 4.0, 0.6
"""A spot is a planted lesion's where it lies so near, or within this share of its diameter."""
BINS_PX = (4.5, 7.0, 10.0, 15.0)
QUANTILE = 0.995
FLOOR_PX = 1.0
"""A change of diameter by less is within the limits whatever was measured: drawings do not differ in
sharpness as photographs do."""
TARGET = Path(__file__).parents[2] / "src/augderm/analysis/overview/repeatability.json"


def _owners(cloud: Cloud, pair: OverviewPair, visit: int) -> NDArray[np.intp]:
    """For each spot the planted lesion that it is, or -1."""
    places = np.array([(each.baseline, each.follow_up)[visit] for each in pair.planted])
    sizes = np.array([each.diameters_px[visit] for each in pair.planted])
    away = np.hypot(*(cloud.at[:, None] - places[None]).transpose(2, 0, 1))
    away = np.where(np.isnan(away), np.inf, away)
    nearest = away.argmin(axis=1)
    near = away[np.arange(len(cloud)), nearest] <= np.maximum(NEAR_PX, NEAR_SHARE * sizes[nearest])
    return np.where(near, nearest, -1)


def _plain(each: Planted, visit: int) -> bool:
    return each.seen[visit] and each.diameters_px[visit] >= VISIBLE_PX and each.density >= VISIBLE_DENSITY


def _pair(seed: int, before: Cloud | None) -> tuple[dict[str, Any], Cloud]:
    pair = draw_pair(varied_spec(seed))
    clouds = find_spots(pair.baseline), find_spots(pair.follow_up)
    owners = [_owners(cloud, pair, visit) for visit, cloud in enumerate(clouds)]
    record: dict[str, Any] = {"seed": seed, "kind": "check" if seed % 2 else "set", "photographs": []}
    for visit, (cloud, owner) in enumerate(zip(clouds, owners, strict=True)):
        there = [
            index
            for index, each in enumerate(pair.planted)
            if _plain(each, visit) and each.fate != ("new", "missing")[visit]
        ]
        listed = owner[cloud.listed]
        record["photographs"].append(
            {
                "plain": len(there),
                "found": len(set(there) & set(listed.tolist())),
                "listed": len(listed),
                "false": int(np.count_nonzero(listed < 0)),
            }
        )
    found = register(*clouds)
    record["reason"] = found.reason
    if not found.reason:
        record |= _outcome(pair, owners, match(*clouds, found, repeatability()), found, clouds)
    if before is not None:
        record["stranger_refused"] = bool(register(before, clouds[1]).reason)
    return record, clouds[0]


def _outcome(
    pair: OverviewPair,
    owners: list[NDArray[np.intp]],
    done: Matched,
    found: Registered,
    clouds: tuple[Cloud, Cloud],
) -> dict[str, Any]:
    planted = pair.planted
    both = [each for each in planted if all(each.seen) and each.fate in ("same", "grown")]
    assert found.to_baseline is not None
    carried = found.to_baseline(np.array([each.follow_up for each in both]))
    miss = np.hypot(*(carried - np.array([each.baseline for each in both])).T)
    record: dict[str, Any] = {
        "miss_px": [float(np.median(miss)), float(miss.max())],
        "pairs": len(done.pairs),
        "right": sum(bool(owners[0][each.baseline] == owners[1][each.follow_up] >= 0) for each in done.pairs),
        "unowned": sum(
            bool(owners[0][each.baseline] < 0 and owners[1][each.follow_up] < 0) for each in done.pairs
        ),
        "partners": sum(_plain(each, 0) and _plain(each, 1) for each in both),
        "sizes": [],
    }
    for each in done.pairs:
        own = int(owners[0][each.baseline])
        if each.ratio is not None and own >= 0 and own == owners[1][each.follow_up]:
            least = min(clouds[0].diameter[each.baseline], clouds[1].diameter[each.follow_up])
            record["sizes"].append([math.log(each.ratio), planted[own].growth, float(least), each.verdict])
    sides = (("missing", done.baseline_only, 0, owners[0]), ("new", done.follow_up_only, 1, owners[1]))
    for fate, singles, visit, owner in sides:
        true = [
            i
            for i, each in enumerate(planted)
            if each.fate == fate and all(each.seen) and _plain(each, visit)
        ]
        told = [int(owner[each.lesion]) for each in singles if not each.unjudged]
        record[fate] = {
            "true": len(true),
            "told": len(set(true) & set(told)),
            "open": len({int(owner[each.lesion]) for each in singles if each.unjudged} & set(true)),
            "false": sum(place < 0 or planted[place].fate != fate for place in told),
            "not_judged": sum(bool(each.unjudged) for each in singles),
        }
    return record


def measure(out: Path, count: int) -> None:
    """Write a line for every pair."""
    before = None
    with out.open("w", encoding="utf-8") as file:
        for seed in range(FIRST_SEED, FIRST_SEED + count):
            record, before = _pair(seed, before)
            file.write(json.dumps(record) + "\n")
            file.flush()


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def limits(path: Path) -> None:
    """Write repeatability.json beside its reader."""
    of = [record for record in _read(path) if record["kind"] == "set" and not record["reason"]]
    same = [(abs(log), least) for record in of for log, growth, least, _ in record["sizes"] if growth == 1]
    found, by_floor = [], True
    for low, high in zip(BINS_PX, (*BINS_PX[1:], math.inf), strict=True):
        logs = [log for log, least in same if low <= least < high]
        measured = float(np.quantile(logs, QUANTILE))
        by_floor &= measured <= math.log1p(FLOOR_PX / low)
        found.append(max(math.log1p(FLOOR_PX / low), measured))
    # A larger lesion is measured no worse than a smaller one: what says otherwise is chance.
    held = np.maximum.accumulate(found[::-1])[::-1]
    within = sum(log <= held[np.searchsorted(BINS_PX, least, side="right") - 1] for log, least in same)
    why = "one pixel of diameter, our own choice" if by_floor else "measured, one pixel at least"
    record = {
        "diameters_px": BINS_PX,
        "limits": [float(f"{value:.3g}") for value in held],
        "basis": f"{why}; {within} of {len(same)} unchanged synthetic lesions stayed within",
        "command": "tools/experiments/overview.py",
    }
    TARGET.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


def check(path: Path) -> None:
    """Print what was found and told, of the pairs that the limits were not set by."""
    records = _read(path)
    of = [record for record in records if record["kind"] == "check"]
    done = [record for record in of if not record["reason"]]
    photographs = [each for record in of for each in record["photographs"]]
    plain, seen, listed, false = (
        sum(each[key] for each in photographs) for key in ("plain", "found", "listed", "false")
    )
    print(f"detection, {len(photographs)} photographs: {seen} of {plain} plain lesions found; "
          f"{listed - false} of {listed} listed are lesions or freckles drawn as such")  # fmt: skip
    print(f"registration: {len(done)} of {len(of)} pairs")
    for record in of:
        if record["reason"]:
            print("   refused:", record["seed"], record["reason"])
    middle, worst = (np.array([record["miss_px"][i] for record in done]) for i in (0, 1))
    print(f"   error at planted lesions: median {np.median(middle):.2f} px, greatest {worst.max():.1f} px")
    pairs, right, unowned, partners = (
        sum(record[key] for record in done) for key in ("pairs", "right", "unowned", "partners")
    )
    print(f"matches: {pairs}, {right} right, {unowned} of spots that no lesion was planted at, "
          f"{pairs - right - unowned} wrong; {partners} plain lesions are in both")  # fmt: skip
    for fate in ("new", "missing"):
        keys = ("true", "told", "open", "false", "not_judged")
        true, told, left, wrong, judged = (sum(record[fate][key] for record in done) for key in keys)
        print(f"{fate}: {told} of {true} told, {left} left open; {wrong} false in {len(done)} pairs; "
              f"{judged} lesions not judged")  # fmt: skip
    sizes = [each for record in done for each in record["sizes"]]
    known = repeatability()
    beyond = [
        abs(log) > float(known.limit(np.array([least]))[0]) for log, growth, least, _ in sizes if growth == 1
    ]
    print(f"size: {sum(beyond)} of {len(beyond)} unchanged lesions beyond the limits")
    for low, high in ((1.25, 1.4), (1.4, 1.7), (1.7, 2.01)):
        grown = [
            log > float(known.limit(np.array([least]))[0])
            for log, growth, least, _ in sizes
            if low <= growth < high
        ]
        print(f"   diameter {low} to {high:.1f} times: told in {sum(grown)} of {len(grown)}")
    strangers = [record["stranger_refused"] for record in records if "stranger_refused" in record]
    print(f"two persons: {sum(strangers)} of {len(strangers)} refused")


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = parser.add_subparsers(dest="step", required=True)
    first = steps.add_parser("measure")
    first.add_argument("--out", type=Path, required=True)
    first.add_argument("--count", type=int, default=40)
    for name in ("limits", "check"):
        steps.add_parser(name).add_argument("pairs", type=Path)
    given = parser.parse_args()
    if given.step == "measure":
        measure(given.out, given.count)
    else:
        {"limits": limits, "check": check}[given.step](given.pairs)


if __name__ == "__main__":
    main()
