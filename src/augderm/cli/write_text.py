"""Writing a text that a command was asked for: whole, or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from augderm.domain.errors import OutputRefused


def write_text(path: Path, text: str) -> None:
    """Write under another name and rename, so that no half a file is left.

    Raises:
        OutputRefused: the place cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        # A path may hold bytes that are no text.
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise OutputRefused(
            f"{path} cannot be written ({error.strerror}); free some disk or choose another place"
        ) from None
