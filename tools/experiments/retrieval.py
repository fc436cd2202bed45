"""How often the cases found as similar have the diagnosis of the query, and how often the warning is right.

    .venv/bin/python tools/experiments/retrieval.py ../shared/data --config configs/dermoscopic-lite0.toml

For each of folds 1 to 4: its images are the queries, those of the other three the library. Fold 0 is not
read. No case of the query's own group counts, and of any other group only the nearest. Most images of these
folds were trained on; with --config the calibration images, which were not, have lines of their own: those
are the figures to choose by. --limit N reads about N images, to try it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.neighbours import MIN_NEIGHBOURS, disagreements, likeness
from augderm.domain.folds import share_of
from augderm.domain.similar import KnownCase
from augderm.domain.taxonomy import CODES
from augderm.learn.config import load_config
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.library_cases import case_of
from augderm.learn.read_records import read_records
from augderm.learn.records import Record
from augderm.library.approximate import ApproximateIndex, usearch_installed
from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
from augderm.reader.calibrated import read_diagnosis, read_modality
from augderm.reader.network import Arrays, open_session

FOLDS = (1, 2, 3, 4)
COUNT = 10
Floats = NDArray[np.float32]


def _unit(vectors: Floats) -> Floats:
    units: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units


def _cosine(queries: Floats, held: Floats) -> Floats:
    return 1 - _unit(queries) @ _unit(held).T


def _centred(queries: Floats, held: Floats) -> Floats:
    mean = held.mean(axis=0)
    return _cosine(queries - mean, held - mean)


def _euclid(queries: Floats, held: Floats) -> Floats:
    squares = np.square(queries).sum(axis=1)[:, None] + np.square(held).sum(axis=1)
    distances: Floats = squares - 2 * queries @ held.T
    return distances


WAYS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "cosine": _cosine,
    "cosine, centred": _centred,
    "Euclid": _euclid,
}
"""Distances (queries, held) to choose between; the library has the first."""


@dataclass(frozen=True)
class Query:
    """One query: its case, the cases found for it with their distances, and what the network says."""

    case: KnownCase
    found: list[tuple[float, KnownCase]]
    likeliest: str
    warned: bool


def nearest_groups(
    distances: Floats, own: KnownCase, held: Sequence[KnownCase]
) -> list[tuple[float, KnownCase]]:
    """The `COUNT` nearest, photographed alike, one a group, none of the query's own."""
    chosen: dict[str, tuple[float, KnownCase]] = {}
    for place in np.argsort(distances, kind="stable"):
        case = held[place]
        if case.modality == own.modality and case.group != own.group:
            chosen.setdefault(case.group, (float(distances[place]), case))
        if len(chosen) == COUNT:
            break
    return list(chosen.values())


def queries_of(
    fold: int,
    cases: Sequence[KnownCase],
    read: Arrays,
    way: str,
    words: Sequence[tuple[dict[str, float], tuple[str, ...]]],
) -> list[Query]:
    """All queries of a fold."""
    inside = [row for row, case in enumerate(cases) if case.fold == fold]
    outside = [row for row, case in enumerate(cases) if case.fold != fold]
    held = [cases[row] for row in outside]
    distances = WAYS[way](read["embedding"][inside], read["embedding"][outside])
    queries = []
    for place, row in enumerate(inside):
        found = nearest_groups(distances[place], cases[row], held)
        probabilities, members = words[row]
        if found:
            queries.append(
                Query(
                    cases[row],
                    found,
                    max(probabilities, key=probabilities.__getitem__),
                    bool(disagreements([case for _, case in found], probabilities, members)),
                )
            )
    return queries


def line(queries: Sequence[Query]) -> str:
    """Figures of some queries: of all, and as a mean over the classes."""
    if not queries:
        return "no query"
    precision = {code: [] for code in CODES}  # type: dict[str, list[float]]
    first = []
    for query in queries:
        same = [case.code == query.case.code for _, case in query.found]
        precision[str(query.case.code)].append(float(np.mean(same)))
        first.append(same[0])
    by_class = {code: np.mean(values) for code, values in precision.items() if values}
    wrong = np.array([query.likeliest != query.case.code for query in queries])
    warned = np.array([query.warned for query in queries])
    rates = [f"{wrong[part].mean():.3f}" if part.any() else "-" for part in (warned, ~warned)]
    return (
        f"{len(queries):>5} queries, precision@{COUNT} {np.mean(np.concatenate([*precision.values()])):.3f} "
        f"(mean of classes {np.mean(list(by_class.values())):.3f}: "
        + " ".join(f"{code} {value:.2f}" for code, value in by_class.items())
        + f"), nearest alike {np.mean(first):.3f}; warned {warned.mean():.3f}, network wrong {rates[0]} of "
        f"those and {rates[1]} of the others"
    )


def by_likeness(queries: Sequence[Query]) -> str:
    """How often a case has the diagnosis of the query, by how alike both are said to be."""
    pairs: dict[str, list[bool]] = {}
    for query in queries:
        for distance, case in query.found:
            pairs.setdefault(likeness(distance), []).append(case.code == query.case.code)
    return ", ".join(f"{word} {np.mean(same):.3f} of {len(same)}" for word, same in sorted(pairs.items()))


def index_recall(read: Arrays) -> str:
    """How many of the true nearest the index of large libraries finds, on real embeddings."""
    if not usearch_installed():
        return "usearch is not installed"
    held = _unit(read["embedding"])
    every = max(2, len(held) // 500)
    queries, rest = held[::every], np.delete(held, np.s_[::every], axis=0)
    index = ApproximateIndex.empty(held.shape[1])
    index.add(rest, np.arange(len(rest)))
    count = min(COUNT, len(rest))
    true = np.argsort(1 - queries @ rest.T, axis=1, kind="stable")[:, :count]
    hits = [
        len(set(index.candidates(query, count).tolist()) & set(row.tolist()))
        for query, row in zip(queries, true, strict=True)
    ]
    return (
        f"{np.sum(hits) / (len(queries) * count):.3f} of {len(queries)} queries among {len(rest)} real cases"
    )


def calibrates(records: Sequence[Record], config_path: Path | None) -> list[bool]:
    """Which records a training held apart for calibration."""
    if config_path is None:
        return [False] * len(records)
    config = load_config(config_path)
    return [
        record.fold == config.calibration_fold
        and share_of(record.group) < config.calibration_share.get(record.modality, 0.0)
        for record in records
    ]


def main() -> None:
    """Read the arguments and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE)
    parser.add_argument("--config", type=Path, help="of the training: names the calibration images")
    parser.add_argument("--limit", type=int)
    given = parser.parse_args()
    records = [r for r in read_index(given.data) if r.fold in FOLDS and r.label is not None]
    if given.limit:
        records = records[:: max(1, len(records) // given.limit)]
    bundle = load_bundle(given.bundle)
    read = read_records(open_session(bundle.network, threads=1), bundle.preprocessing, records)
    cases = [case_of(record, "index", "") for record in records]
    words = []
    for row in range(len(records)):
        seen = read_modality(float(read["modality"][row]), bundle.calibrations)
        calibration = bundle.calibrations.by_modality[seen.likelier]
        said = read_diagnosis(read["logits"][row], calibration) if calibration else None
        words.append((dict(said.probabilities), said.prediction_set) if said else ({"nv": 1.0}, CODES))
    apart = {
        case.image
        for case, is_apart in zip(cases, calibrates(records, given.config), strict=True)
        if is_apart
    }
    print(f"{bundle.name.name} {bundle.name.version}; a warning needs {MIN_NEIGHBOURS} neighbours")
    for way in WAYS:
        everything = []
        for fold in FOLDS:
            queries = queries_of(fold, cases, read, way, words)
            everything += queries
            print(f"{way:<16} fold {fold}       {line(queries)}", flush=True)
        if apart:
            held_apart = [query for query in everything if query.case.image in apart]
            print(f"{way:<16} not trained  {line(held_apart)}", flush=True)
            if way == "cosine":
                print(
                    f"{way:<16} not trained, same diagnosis by likeness: {by_likeness(held_apart)}",
                    flush=True,
                )
        for modality in ("dermoscopic", "clinical"):
            part = [query for query in everything if query.case.modality == modality]
            print(f"{way:<16} {modality:<12} {line(part)}", flush=True)
    print(f"index: {index_recall(read)}")


if __name__ == "__main__":
    main()
