"""What a request asks of the worklist: the same words for pages and API."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from augderm.clinic.worklist import Wanted

Word = Annotated[str, Query(max_length=40)]


def wanted(
    show: Word = "unread",
    reader: Word = "",
    band: Word = "",
    q: Annotated[str, Query(max_length=200)] = "",
    after: Word = "",
) -> Wanted:
    """What a request asks of the worklist."""
    return Wanted(show=show, reader=reader, band=band, words=q, after=after)
