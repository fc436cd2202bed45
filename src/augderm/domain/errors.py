"""What can go wrong for a reason that a person can mend.

Every message says what, the value found, the limit, and the remedy.
"""

from __future__ import annotations


class AugDermError(Exception):
    """Root of all errors that are the input's or the user's, never the program's own."""


class InvalidImage(AugDermError):
    """The bytes are no image that can be read: empty, truncated, or of another kind."""


class LimitExceeded(AugDermError):
    """A size, count or length is beyond a named limit (see `domain.limits`)."""


class ModelMismatch(AugDermError):
    """A model bundle is missing, changed, or does not fit this version."""


class InvalidConfig(AugDermError):
    """A setting is unknown, missing, or out of its range."""


class InvalidDataset(AugDermError):
    """A dataset lacks a file or a column, or holds a value outside the taxonomy."""


class InvalidLibrary(AugDermError):
    """A library of cases is missing, changed, damaged, unfinished, or of another model or version."""


class OutputRefused(AugDermError):
    """Results cannot be written there: it exists already, is not writable, or is full."""


class InvalidOverrule(AugDermError):
    """A person's value for an item of a score: unknown item, or out of its range."""


class InvalidAnamnesis(AugDermError):
    """An answer of the anamnesis is of another kind, out of its range, or impossible beside another; or a
    file of answers is none, or does not say which image is meant.
    """
