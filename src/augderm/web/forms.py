"""What a form sends: read within limits, checked for its token, and handed to the page as text and files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from augderm.clinic.errors import NotPermitted
from augderm.web.csrf import FIELD, HEADER, is_valid

MAX_FIELDS = 200
MAX_FILES = 200
MAX_FIELD_BYTES = 64 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Entries:
    """The fields of a form; what is absent is ""."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    def text(self, name: str) -> str:
        """A field's text; the last where it was sent twice."""
        value = self._form.get(name)
        return value if isinstance(value, str) else ""

    def all(self, name: str) -> list[str]:
        """All texts of a field, as checkboxes send them."""
        return [value for value in self._form.getlist(name) if isinstance(value, str)]

    def names(self) -> list[str]:
        """The names of all fields, each once."""
        return list(dict.fromkeys(self._form))

    def number(self, name: str) -> int:
        """A whole number from a hidden field, such as a version; -1 where it is none."""
        value = self.text(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1

    def files(self, name: str) -> list[UploadFile]:
        """The files of a field; an empty one, as a browser sends where none was chosen, is left out."""
        return [
            value
            for value in self._form.getlist(name)
            if isinstance(value, UploadFile) and (value.filename or value.size)
        ]


def refuse_forged(request: Request, given: str) -> None:
    """Refuse a request that was not made by a page of ours.

    Raises:
        NotPermitted: the token is missing or another browser's.
    """
    if not is_valid(request, given):
        raise NotPermitted(
            "This form was opened before you signed in or out, or it is not ours. Open the page again."
        )


async def checked_form(request: Request) -> AsyncIterator[Entries]:
    """The form of a changing request, after its token was checked; empty for others.

    Routes declare no `Form(...)` of FastAPI's: those are parsed before anybody knows who asks.
    """
    if request.method in SAFE:
        yield Entries(FormData())
        return
    async with request.form(
        max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES
    ) as form:
        entries = Entries(form)
        refuse_forged(request, request.headers.get(HEADER) or entries.text(FIELD))
        yield entries


def checked_header(request: Request) -> None:
    """Likewise for the API, which has no forms: the token comes in a header."""
    if request.method not in SAFE:
        refuse_forged(request, request.headers.get(HEADER, ""))


Form = Annotated[Entries, Depends(checked_form)]
