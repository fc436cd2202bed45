"""All use cases, found as the clinic declares them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any

import augderm.clinic
from augderm.clinic.permissions import USE_CASES


def clinic_modules() -> list[ModuleType]:
    """Every module of the clinic, imported: a use case is declared when its module is."""
    names = [each.name for each in pkgutil.walk_packages(augderm.clinic.__path__, "augderm.clinic.")]
    return [importlib.import_module(name) for name in names]


def all_use_cases() -> dict[str, Callable[..., Any]]:
    """The functions by the names of `USE_CASES`."""
    clinic_modules()
    found = {}
    for name in USE_CASES:
        module, _, function = name.rpartition(".")
        found[name] = getattr(importlib.import_module(f"augderm.clinic.{module}"), function)
    return found
