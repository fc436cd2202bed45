"""Whether a run may be gone on with, or another learn from it: settings held against each other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import PurePath
from typing import Any

from augderm.learn.config import TrainConfig

Settings = Mapping[str, Any]
"""As a checkpoint and `settings.json` hold them: a config's, and the names below."""

COMMIT = "commit"
"""Setting that names the code's revision."""
IMAGES = "images_sha256"
"""Setting that names the bytes learned from. A run of an earlier version is without it, as is a bundle."""
MAY_CHANGE = (COMMIT, "name", "version", "keep_of_start", "refit")
"""Settings that a run may be gone on with changed: a mended message must not end a run of days, and what is
done to the trained weights at its end, and what they are called, is chosen when they are there."""
AT_THE_END = ("input_size_px",)
"""Settings that a run may be gone on with changed once all its epochs are done: what its weights are read at,
but before that also how finely the images are stored that it learns from."""
START = "start_sha256"
"""Setting that must be the same where something of the start is kept. Runs of an earlier version have it only
where they were begun so."""
TEACHERS = "teachers_sha256"
"""Setting that names the weights of each teacher."""
HELD_BACK = ("data_sha256", "validation_fold", "calibration_fold", "calibration_share", "official_splits")
"""Settings that say which images a run was not trained on."""


def changed_since(before: Settings, now: Settings, *, done: bool) -> list[str]:
    """Settings that a run with these cannot be gone on with. The folders of data, start and teachers may have
    moved: what is in them must be the same, as their hashes say.

    Args:
        before: of the run.
        now: with which it would go on.
        done: whether all its epochs are.
    """
    may_change = (*MAY_CHANGE, *(AT_THE_END if done else ()))
    # A setting that is younger than the run was then as a config that does not name it leaves it.
    before = _defaults() | dict(before)
    return [key for key in now if key not in may_change and not _is_same(key, before, now)]


def changed_images(before: Settings, now: Settings, named: Sequence[str] = HELD_BACK) -> list[str]:
    """Facts by which a run or bundle may have learned from images that another run holds back.

    Args:
        before: of what was trained.
        now: of the run that would learn from it.
        named: which to compare; beside them the images' bytes, where both name them.
    """
    changed = [key for key in named if before.get(key) != now.get(key)]
    return changed if _is_same_where_known(IMAGES, before, now) else [*changed, IMAGES]


def _is_same(key: str, before: Settings, now: Settings) -> bool:
    match key:
        case "sources":
            return _without_paths(before.get(key)) == _without_paths(now[key])
        case "start_from":
            return _is_same_start(before, now)
        case "teachers" if before.get(TEACHERS) and now.get(TEACHERS):
            return True  # told by their hashes
        case _ if key == START:
            return not now.get("keep_of_start") or _is_same_where_known(key, before, now)
        case _ if key == IMAGES:
            return _is_same_where_known(key, before, now)
    return bool(before.get(key) == now[key])


def _is_same_where_known(key: str, before: Settings, now: Settings) -> bool:
    one, other = before.get(key), now.get(key)
    return one is None or other is None or one == other


def _without_paths(sources: Sequence[Settings] | None) -> list[dict[str, Any]]:
    return [{key: value for key, value in source.items() if key != "path"} for source in sources or ()]


def _is_same_start(before: Settings, now: Settings) -> bool:
    """A start of which nothing is kept may be gone by now: then its folder's name tells."""
    one, other = before.get("start_from"), now.get("start_from")
    if one is None or other is None or one == other:
        return bool(one == other)
    if before.get(START) and now.get(START):
        return bool(before[START] == now[START])
    return not now.get("keep_of_start") and PurePath(one).name == PurePath(other).name


def _defaults() -> dict[str, Any]:
    """The settings that a config may leave out, as `settings.json` holds them."""
    known = {entry.name: entry.default for entry in fields(TrainConfig) if entry.default is not MISSING}
    found: dict[str, Any] = json.loads(json.dumps(known, default=str))
    return found
