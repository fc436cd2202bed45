"""Writing a text that a command was asked for: whole, or not at all."""

from __future__ import annotations

from pathlib import Path

from augderm.domain.errors import OutputRefused


def write_text(path: Path, text: str) -> None:
    """Write under another name and rename.

    Raises:
        OutputRefused: the place cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputRefused(f"{path} cannot be written ({error.strerror}); choose another place") from None
