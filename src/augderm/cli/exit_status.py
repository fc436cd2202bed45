"""Exit status of the commands."""

from __future__ import annotations

ALL_READ = 0
MISUSE = 1
"""Wrong options, an output that exists or cannot be written, a missing or changed model."""
SOME_FAILED = 2
INTERRUPTED = 130
"""128 + SIGINT, as shells count."""
