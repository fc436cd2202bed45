"""Debian's PostgreSQL, started for the tests: in a temporary folder, on a socket of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from augderm.store.database import Database
from augderm.store.migrate import migrate

START_S = 60
DATABASES = ("sqlite", "postgresql")
on_both_databases = pytest.mark.databases(*DATABASES)
"""Marks a test, or a file of them, whose `platform` is to be tried on each database."""
_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
_SETTINGS = {
    # What a kill of the machine would lose does not matter here, and quick matters.
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "60",
    # What comes back must be UTC nevertheless.
    "timezone": "Asia/Kolkata",
}


def program(name: str) -> Path:
    """One of the programs of the newest PostgreSQL that is installed."""
    if not _PLACES:
        pytest.skip("no PostgreSQL on this machine: install Debian's postgresql")
    return _PLACES[-1] / name


class PostgresServer:
    """A running server, whose databases are made and dropped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = ""

    def make(self, how: str = "") -> str:
        """A new database without tables; its URL."""
        name = f"t{uuid.uuid4().hex}"
        self.run(f"CREATE DATABASE {name} {how}")
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def make_migrated(self) -> str:
        """A new database with all tables, copied from one that was migrated once."""
        if not self._template:
            url = self.make()
            database = Database(url)
            migrate(database)
            database.close()
            self._template = _name_in(url)
        return self.make(f"TEMPLATE {self._template}")

    def drop(self, url: str) -> None:
        self.run(f"DROP DATABASE {_name_in(url)} WITH (FORCE)")

    def run(self, command: str) -> list[tuple[Any, ...]]:
        """Run a command as the server's owner, outside of transactions."""
        with psycopg.connect(host=str(self._folder), user="postgres", autocommit=True) as connection:
            cursor = connection.execute(command.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server; skips the test where there is none."""
    make, serve = program("initdb"), program("postgres")
    # Not one of pytest's: others may not enter those, and a socket's path there is too long.
    folder = Path(tempfile.mkdtemp(prefix="augderm-pg-"))
    as_whom: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:  # which PostgreSQL refuses to run as
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        as_whom |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data = folder / "data"
    subprocess.run(
        [make, "-D", data, "-U", "postgres", "-A", "trust",
         "--locale", "C", "--encoding", "UTF8", "--no-sync"],
        check=True, capture_output=True, **as_whom,
    )  # fmt: skip
    given = [f"--{name}={value}" for name, value in (_SETTINGS | {"unix_socket_directories": folder}).items()]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([serve, "-D", data, *given], stderr=log, **as_whom)
    server = PostgresServer(folder)
    try:
        until = time.monotonic() + START_S
        while True:
            try:
                server.run("SELECT 1")
                break
            except psycopg.OperationalError:
                alive = process.poll() is None and time.monotonic() < until
                assert alive, (folder / "log").read_text(errors="replace")
                time.sleep(0.05)
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # without waiting for those that are connected
        process.wait(START_S)
        shutil.rmtree(folder)


def _name_in(url: str) -> str:
    return str(make_url(url).database)
