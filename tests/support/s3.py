"""A real S3 server for the tests: SeaweedFS, in a temporary folder, on free ports of this machine."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import fsspec  # type: ignore[import-untyped]
import pytest

from support.served_process import wait_for

KEY, SECRET = "the-tests-key", "the-tests-secret"
_PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port.grpc",
)


class S3Server:
    """A running server, and buckets in it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        # fsspec keeps file systems by their options, also those of another test's server.
        self.files = fsspec.filesystem("s3", use_listings_cache=False, skip_instance_cache=True)

    def make(self) -> str:
        """A new bucket, and a place in it, as a URL."""
        bucket = f"t{uuid.uuid4().hex}"
        self.files.mkdir(bucket)
        return f"s3://{bucket}/clinic"


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Start a server, and name it in the environment as whoever serves a clinic would."""
    program = Path(sys.executable).with_name("weed")
    if not program.exists():
        pytest.skip("no SeaweedFS in this environment: it comes with the extra `test`")
    (folder / "s3.json").write_text(
        json.dumps(
            {
                "identities": [
                    {
                        "name": "tests",
                        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
                        "actions": ["Admin", "Read", "Write", "List"],
                    }
                ]
            }
        )
    )
    port, *others = _free_ports(1 + len(_PORTS))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-s3", f"-s3.config={folder / 's3.json'}",
             f"-s3.port={port}", *(f"-{name}={number}" for name, number in zip(_PORTS, others, strict=True)),
             "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=100", "-master.volumeSizeLimitMB=32",
             # It would tell its makers of it.
             "-master.telemetry=false"],
            stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    endpoint = f"http://127.0.0.1:{port}"
    named = {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
    }
    with ExitStack() as after:
        after.callback(shutil.rmtree, folder, ignore_errors=True)
        after.callback(process.wait)
        after.callback(process.kill)
        after.enter_context(patch.dict(os.environ, named))
        server = S3Server(endpoint)
        wait_for(lambda: _ready(server), (folder / "log").read_text)
        yield server


def _ready(server: S3Server) -> bool:
    try:
        url = server.make()
        server.files.pipe_file(url, b"")
    except Exception:  # of many kinds, until it is up
        return False
    return True


def _free_ports(count: int) -> list[int]:
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
