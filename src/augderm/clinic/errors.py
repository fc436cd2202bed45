"""What a use case refuses, in words that can be translated.

The first argument is a constant text with `%(name)s` for its values, so that the catalogues can hold it; the
web door translates it, everything else shows it in English.
"""

from __future__ import annotations

from augderm.domain.errors import AugDermError


class ClinicError(AugDermError):
    """A refusal. `message` is the text to translate, `values` what it names."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message % values)
        self.message = message
        self.values = values


class NotSignedIn(ClinicError):
    """There is no session, or it has ended."""


class NotPermitted(ClinicError):
    """No role of this person allows it."""


class NotFound(ClinicError):
    """There is none, or it is another clinic's: which of both is nobody's business."""


class Conflict(ClinicError):
    """It was changed in the meantime, or contradicts what is there."""


class NeedsConfirmation(Conflict):
    """It looks like a mix-up; whoever has looked sends it again, confirmed."""


class TooMany(ClinicError):
    """Too many attempts; the message says when to try again."""


class InvalidEntry(ClinicError):
    """An entry of a form. `field` is its name."""

    def __init__(self, field: str, message: str, **values: object) -> None:
        super().__init__(message, **values)
        self.field = field


def stale() -> Conflict:
    """The refusal of a change that was made from an older version."""
    return Conflict(
        "This was changed by someone else since you opened it, and nothing was overwritten. "
        "Open it again, look at the change, and enter yours anew."
    )
