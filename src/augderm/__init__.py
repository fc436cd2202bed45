"""augderm: augmented dermatology. A dermoscopic image in, an honest assessment out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augderm.domain.assessment import Assessment as Assessment
    from augderm.second_read import assess as assess

__all__ = ["Assessment", "assess"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: `augderm --help` shall not wait for the image libraries.
    if name == "assess":
        from augderm.second_read import assess

        return assess
    if name == "Assessment":
        from augderm.domain.assessment import Assessment

        return Assessment
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
