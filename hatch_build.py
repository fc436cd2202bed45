"""The build's hook: the front-end files are made before they are packed (tools/front_end.py)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "tools"))
import front_end


class FrontEndHook(BuildHookInterface[Any]):
    """Runs for wheels, editable installs and source distributions."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node from the package index, where it is needed and the system has none."""
        if front_end.is_made(Path(self.root), for_tests=True) or front_end.has_system_npm():
            return []
        return [front_end.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Fill the vendor folder; in a checkout also with what the tests load."""
        try:
            front_end.make(Path(self.root), for_tests=version == "editable")
        except front_end.NoFrontEnd as error:
            sys.exit(f"augderm: {error}")
