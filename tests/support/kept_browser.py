"""A browser without one, at the served API, that outlives its server."""

from __future__ import annotations

import socket
import time
from typing import Any
from urllib.parse import urlsplit

from httpx2 import Client

from support.served_process import Served

PASSWORD = "correct horse battery"


class Browser:
    """A signed-in client."""

    def __init__(self, served: Served, login: str) -> None:
        self.client = Client(base_url=served.address, timeout=120)
        token = self.client.post("/api/v1/session", json={"login": login, "password": PASSWORD}).json()
        self.headers = {"x-csrf-token": token["csrf_token"]}

    def close(self) -> None:
        self.client.close()

    def call(self, method: str, path: str, **given: Any) -> Any:
        headers = self.headers | given.pop("headers", {})
        answer = self.client.request(method, f"/api/v1{path}", headers=headers, **given)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def case(self) -> tuple[str, str]:
        """A patient with a lesion and a visit: keys of visit and lesion."""
        entry = {
            "identifier": str(time.time()),
            "family_name": "A",
            "given_name": str(time.time()),
            "birth_date": "1961-04-23",
        }
        patient = self.call("POST", "/patients", json=entry)["id"]
        lesion = self.call("POST", f"/patients/{patient}/lesions", json={"region": "left_calf"})["id"]
        return self.call("POST", f"/patients/{patient}/visits", json={})["id"], lesion

    def unanswered(
        self, method: str, path: str, body: bytes, headers: dict[str, str], part: int, seconds: float = 0.05
    ) -> None:
        """Send `part` bytes of a body, and wait so long, for no answer."""
        address = urlsplit(str(self.client.base_url))
        cookie = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        lines = [f"{method} /api/v1{path} HTTP/1.1", f"Host: localhost:{address.port}", f"Cookie: {cookie}"]
        lines += [f"Content-Length: {len(body)}", *(f"{n}: {v}" for n, v in (self.headers | headers).items())]
        with socket.create_connection(("localhost", address.port or 80)) as line:
            line.sendall("\r\n".join([*lines, "", ""]).encode() + body[:part])
            time.sleep(seconds)
