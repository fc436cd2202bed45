"""Uploads in pieces by the API; see `clinic.uploads` and docs/explain/clinic.md."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.images import AddedImage
from augderm.clinic.uploads import (
    Upload,
    append_chunk,
    begin_upload,
    drop_upload,
    finish_upload,
    see_upload,
)
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["uploads"])
PATH = "/visits/{visit_id}/lesions/{lesion_id}/uploads/{sha256}"
CHUNK = {
    "requestBody": {
        "required": True,
        "content": {"application/offset+octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class UploadIn(BaseModel):
    """A file as announced; `confirmed` where another patient has it and somebody has looked."""

    length: int = Field(ge=0, le=2**40)
    file_name: str = Field("", max_length=1000)
    confirmed: bool = False


class FinishIn(BaseModel):
    """Likewise at the end."""

    confirmed: bool = False


async def chunk_of(request: Request) -> bytes:
    """The body, within the limit of a request; read after it is known who asks."""
    return await request.body()


@router.put(PATH, status_code=201)
def begin(here: Here, person: Signed, visit_id: str, lesion_id: str, sha256: str, given: UploadIn) -> Upload:
    """Announce a file, or find how far it is; it may be there already."""
    return begin_upload(
        here, person, visit_id, lesion_id, sha256, given.length, given.file_name, given.confirmed
    )


@router.get(PATH)
def state(here: Here, person: Signed, visit_id: str, lesion_id: str, sha256: str) -> Upload:
    """How far it is: go on from `offset`."""
    return see_upload(here, person, visit_id, lesion_id, sha256)


@router.patch(PATH, openapi_extra=CHUNK)
def append(
    here: Here,
    person: Signed,
    visit_id: str,
    lesion_id: str,
    sha256: str,
    chunk: Annotated[bytes, Depends(chunk_of)],
    upload_offset: Annotated[int, Header(ge=0, le=2**40)],
) -> Upload:
    """Append a piece of at most 1 MB at the offset of the header Upload-Offset."""
    return append_chunk(here, person, visit_id, lesion_id, sha256, upload_offset, chunk)


@router.post(f"{PATH}/finish", status_code=201)
def finish(
    here: Here, person: Signed, visit_id: str, lesion_id: str, sha256: str, given: FinishIn
) -> AddedImage:
    """Take the image in, once all of it is there; may be repeated."""
    return finish_upload(here, person, visit_id, lesion_id, sha256, given.confirmed)


@router.delete(PATH, status_code=204, response_class=Response)
def drop(here: Here, person: Signed, visit_id: str, lesion_id: str, sha256: str) -> Response:
    """Give an unfinished upload up."""
    drop_upload(here, person, visit_id, lesion_id, sha256)
    return Response(status_code=204)
