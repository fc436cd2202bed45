"""What the codes of sites mean in SNOMED CT, in the words of DICOM's context group 4029."""

from __future__ import annotations

from functools import cache


def meaning_of(sct: str) -> str:
    """The meaning of a SNOMED CT code of the group, as a DICOM object writes it beside the code.

    Raises:
        KeyError: the group has no such code.
    """
    return _meanings()[sct]


@cache
def _meanings() -> dict[str, str]:
    # Imported late: the dictionaries take a moment, and few processes need them.
    from pydicom.sr.codedict import codes

    group = codes.cid4029
    found = [getattr(group, name) for name in group.dir()]
    return {code.value: code.meaning for code in found if code.scheme_designator == "SCT"}
