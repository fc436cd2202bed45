"""The rules of the advice that are shipped. By itself: a server that opens needs them, and not what reads."""

from __future__ import annotations

from functools import cache
from importlib import resources

from augderm.evidence.advice.policy import Policy, policy_from


@cache
def default_policy() -> Policy:
    """The shipped rules of the advice."""
    file = resources.files("augderm.evidence.advice").joinpath("default.toml")
    return policy_from(file.read_text(encoding="utf-8"), "default.toml")
