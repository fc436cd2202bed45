"""Joining groups that turn out to be one: a lesion under two names, a duplicate of another patient."""

from __future__ import annotations

from collections.abc import Iterable


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The common name of all names that pairs connect, directly or over others.

    Args:
        pairs: two names of one group.

    Returns:
        For each name in a pair, the alphabetically first name that it is connected with.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in pairs:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    return {name: root(name) for name in list(parent)}
