"""What a check of a dataset has to say: what, where, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["problem", "note"]
"""A problem must be solved before training; a note is worth knowing."""
SHOWN = 3
"""Places named in a line of text."""


def in_a_line(places: Sequence[str]) -> str:
    """The first few of many places, and how many more there are."""
    more = [f"and {len(places) - SHOWN} more"] if len(places) > SHOWN else []
    return "; ".join([*places[:SHOWN], *more])


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of finding, with all places where it was found.

    Attributes:
        kind: short and stable, for programs: "missing_image", "near_duplicate".
        level: problem or note.
        what: one sentence.
        remedy: what to do about it.
        where: files or groups, each as one line; may be empty where it holds for the whole dataset.
    """

    kind: str
    level: Level
    what: str
    remedy: str
    where: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data, with the number of places."""
        return {
            "kind": self.kind,
            "level": self.level,
            "what": self.what,
            "remedy": self.remedy,
            "count": len(self.where),
            "where": list(self.where),
        }
