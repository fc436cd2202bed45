"""What `augderm serve` imports before its first page: a server must be up soon, and reads no image itself."""

from __future__ import annotations

import subprocess
import sys

SLOW = ("onnxruntime", "scipy", "skimage", "typst", "torch")
"""What reads, measures and draws; workers import it, and pages that need it when they are asked for."""


def test_the_server_starts_without_what_reads_and_draws() -> None:
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({SLOW}))\n"
        "import augderm.cli.serving.server, augderm.clinic.platform, augderm.web.app\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
