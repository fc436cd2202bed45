"""kill -9 of an act at each of its steps, in a process of its own.

The process is forked: nothing has to be imported for each of some hundred kills. It counts its steps and
kills itself before one of them. A step is whatever may leave the disk otherwise than it was: a transaction's
beginning, some of its statements that write, its commit, the moment after that, and a file that is opened for
writing, renamed, touched or removed.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from augderm.clinic.platform import Platform
from support.clinic import Clock, platform_in

Act = Callable[[Platform], object]
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)")
EVERY = 4
"""Of the statements that write, one of so many is a step: until the commit the disk waits."""
OF_FILES = {"os.mkdir", "os.rename", "os.remove", "os.utime", "os.truncate", "os.rmdir"}
FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
LONGEST_S = 120.0
"""That one act may take on a busy machine before it counts as hanging."""


def killed_at_each_step(start: Path, bundle: Path, clock: Clock, act: Act) -> Iterator[Path]:
    """Do the act in copies of a clinic, killed before its first step, its second, and so on to its end.

    Args:
        start: the data folder; nobody has its database open.

    Yields:
        the folder as each kill left it, which the next one replaces; at last as the whole act does.
    """
    for step in count(1):
        folder = _copy(start)
        killed = _in_a_child(folder, bundle, clock, act, step)
        yield folder
        if not killed:
            return


def committed(start: Path, bundle: Path, clock: Clock, act: Act) -> list[dict[str, Any]]:
    """The contents of the database before the act and after each of its commits; see `contents`."""
    folder = _copy(start)
    found = [contents(folder)]
    platform = platform_in(folder, bundle, clock)

    def look(_session: Session) -> None:
        found.append(contents(folder))

    event.listen(Session, "after_commit", look)
    try:
        act(platform)
    finally:
        event.remove(Session, "after_commit", look)
        platform.database.close()
    return found


def contents(folder: Path) -> dict[str, Any]:
    """The rows of each table, sorted, without what chance and the clock put there: keys, moments,
    places in the log; nor leases and attempts, which are the queue's own affair.
    """
    connection = sqlite3.connect(f"file:{folder / 'augderm.db'}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        table: sorted(
            str({name: _stable(name, row[name]) for name in row.keys()})  # noqa: SIM118  (a Row's own)
            for row in connection.execute(f"SELECT * FROM {table}")
        )
        for table in tables
    }
    connection.close()
    return found


def _stable(name: str, value: object) -> object:
    if name in {"hash", "previous_hash", "seq", "attempts", "lease_owner"}:
        return "..."
    if isinstance(value, str):
        value = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "KEY", value)
        return re.sub(r"^\d{4}-\d\d-\d\d[ T].*", "MOMENT", value)
    return value


def _copy(start: Path) -> Path:
    folder = start.with_name(f"{start.name}-killed")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(start, folder)
    return folder


def _in_a_child(folder: Path, bundle: Path, clock: Clock, act: Act, step: int) -> bool:
    """Whether it was killed, and not done before that step came."""
    child = os.fork()
    if child == 0:
        try:
            platform = platform_in(folder, bundle, clock)
            _kill_before(step, folder)
            act(platform)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    until = time.monotonic() + LONGEST_S
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError(f"the act hangs before step {step}")
        time.sleep(0.002)
    code = os.waitstatus_to_exitcode(ended[1])
    assert code in (0, -signal.SIGKILL), f"the act failed before step {step}, see above"
    return code != 0


def _kill_before(step: int, folder: Path) -> None:
    """Let this process kill itself before a step; there is no way back, so only in a child."""
    steps, statements = count(1), count(1)

    def reached(*_: object) -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(_connection: object, _cursor: object, text: str, *_: object) -> None:
        if text == "BEGIN IMMEDIATE" or (WRITES.match(text) and next(statements) % EVERY == 0):
            reached()

    def of_files(name: str, args: tuple[Any, ...]) -> None:
        opened = name == "open" and (args[2] or 0) & FOR_WRITING
        if (opened or name in OF_FILES) and str(args[0]).startswith(str(folder)):
            reached()

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", reached)
    event.listen(Session, "after_commit", reached)
    sys.addaudithook(of_files)
