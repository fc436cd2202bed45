"""Somebody at a browser, without one: the requests that a page makes, by one kept connection."""

from __future__ import annotations

import http.client
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from augderm.web.csrf import HEADER, SESSION_COOKIE, token_from

TIMEOUT_S = 120


class Unwanted(Exception):
    """The server answered otherwise than a page would expect."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str
    location: str | None


class Visitor:
    """A signed-in browser.

    Args:
        token: of its session.
    """

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self._headers = {"Cookie": f"{SESSION_COOKIE}={token}", HEADER: token_from(token)}

    def get(self, path: str, *, htmx: bool = False) -> Answer:
        """A page (or a fragment of it), which must be there."""
        answer = self._ask("GET", path, None, {"HX-Request": "true"} if htmx else {})
        if answer.status != 200:
            raise Unwanted(f"{path}: {answer.status} {answer.text[:200]}")
        return answer

    def commit(self, case: str) -> None:
        """Commit an impression of a case (its path) as the page's form does."""
        form = {"impression": "nv", "management": "monitor_3", "next": case}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._ask("POST", f"{case}/impression", urlencode(form).encode(), kind)
        if answer.status != 303:
            raise Unwanted(f"{case}/impression: {answer.status} {answer.text[:200]}")

    def upload(self, visit_id: str, lesion_id: str, data: bytes) -> str:
        """Send a photograph as the page's form does; gives the page to go to."""
        mark = uuid.uuid4().hex
        part = f'--{mark}\r\nContent-Disposition: form-data; name="lesion"\r\n\r\n{lesion_id}\r\n'
        part += (
            f'--{mark}\r\nContent-Disposition: form-data; name="images"; filename="phantom.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        body = part.encode() + data + f"\r\n--{mark}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        answer = self._ask("POST", f"/visits/{visit_id}/images", body, kind)
        if answer.status != 303 or answer.location is None:
            raise Unwanted(f"upload: {answer.status} {answer.text[:200]}")
        return answer.location

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        self._connection.request(method, path, body, {**self._headers, **headers})
        response = self._connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        return Answer(response.status, text, response.getheader("location"))
