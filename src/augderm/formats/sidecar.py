"""Small JSON files that lie beside images and say how they were taken."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from augderm.domain.errors import InvalidConfig, LimitExceeded
from augderm.domain.limits import MAX_SIDECAR_BYTES
from augderm.domain.text import visible


def read_sidecar(path: Path, known: Collection[str]) -> dict[str, Any]:
    """The object of a JSON file.

    Args:
        path: the file.
        known: the keys that it may have.

    Raises:
        InvalidConfig: it cannot be read, is no JSON object, or has an unknown or repeated key.
        LimitExceeded: it is larger than `MAX_SIDECAR_BYTES`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIDECAR_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InvalidConfig(f"{path} cannot be read ({why}); check the path and its mode") from None
    if len(data) > MAX_SIDECAR_BYTES:
        raise LimitExceeded(
            f"{path} has more than {MAX_SIDECAR_BYTES // 1024} KB, the limit for a sidecar; "
            "give the JSON file that goes with the image"
        )
    try:
        found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_without_repeats)
    except _RepeatedKey as repeated:
        raise InvalidConfig(f'{path} has the key "{repeated}" twice; leave one') from None
    except (ValueError, RecursionError) as error:
        raise InvalidConfig(f"{path} is no JSON ({error}); mend it") from None
    if not isinstance(found, dict):
        raise InvalidConfig(f"{path} holds no JSON object; write {{...}} with the keys {', '.join(known)}")
    for key in found:
        if key not in known:
            raise InvalidConfig(
                f'{path} has the unknown key "{visible(key)}"; the known ones are {", ".join(known)}'
            )
    return found


class _RepeatedKey(Exception):
    pass


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two values for one key, json would silently keep the last.
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKey(visible(key))
        found[key] = value
    return found
