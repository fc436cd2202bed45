"""Memory and processor time of processes (Linux)."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Use:
    """What a process uses: resident memory in MB (pages that it shares counted), processor time in s."""

    memory_mb: float
    cpu_s: float


def session_processes(session: int) -> dict[int, Use]:
    """The processes of a session, by their ids."""
    found = {}
    page, ticks = resource.getpagesize(), os.sysconf("SC_CLK_TCK")
    for status in Path("/proc").glob("[0-9]*/stat"):
        # A process may end between the listing and the look; the name in brackets may hold spaces.
        with suppress(OSError, IndexError, ValueError):
            fields = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == session:
                cpu = (int(fields[11]) + int(fields[12])) / ticks
                found[int(status.parent.name)] = Use(int(fields[21]) * page / 2**20, cpu)
    return found


def waited_s(process: int) -> float:
    """Seconds that the threads of a process were ready and had no processor: the machine's other work."""
    total = 0
    for status in Path(f"/proc/{process}/task").glob("*/schedstat"):
        with suppress(OSError, IndexError, ValueError):
            total += int(status.read_text(encoding="utf-8").split()[1])
    return total / 1e9
