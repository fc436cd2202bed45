"""The real command in a process of its own: a clinic that is served, killed, and served again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from httpx2 import Client

START_S = 120
"""How long a busy machine may take; how fast an idle one is, `augderm bench` says."""


class Served:
    """A served clinic. The workers are children of `process`."""

    def __init__(self, folder: Path, bundle: Path, workers: int = 1, port: int = 0) -> None:
        self._log = folder.parent / f"{folder.name}.log"
        self.address = ""
        with self._log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "augderm", "serve", "--data", folder, "--port", str(port),
                 "--model", bundle, "--workers", str(workers)],
                stdout=file,
                stderr=file,
                start_new_session=True,
            )  # fmt: skip
        try:
            wait_for(lambda: bool(self._found()) or self.process.poll() is not None, self.log)
            self.address = self._found()
            assert self.address, self.log()
            with Client(base_url=self.address) as client:
                wait_for(lambda: client.get("/login", timeout=60).status_code == 200, self.log)
        except BaseException:
            self.kill()
            raise

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _found(self) -> str:
        found = re.search(r"http://localhost:\d+", self.log())
        return found[0] if found else ""

    def children(self, having: str) -> list[int]:
        """Processes that this one started and whose command holds a word."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                command = (folder / "cmdline").read_bytes().decode(errors="replace")
            except OSError:  # it ended meanwhile
                continue
            if parent == self.process.pid and having in command:
                found.append(int(folder.name))
        return found

    def kill(self) -> None:
        """kill -9, of the server alone, as the system would; what it started has to notice."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As Ctrl-C or a service manager would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                raise


def wait_for(ready: Callable[[], bool], told: Callable[[], str] = str, seconds: float = START_S) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, told()
        time.sleep(0.05)
