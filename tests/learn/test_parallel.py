"""Several processes share a batch without overlap, or say why they cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from augderm.domain.errors import InvalidConfig

torch = pytest.importorskip("torch", reason="training needs the train extra")


def test_parts_of_a_batch_make_the_whole_without_overlap() -> None:
    from augderm.learn.parallel import Workers

    batch = torch.arange(32)
    parts = [Workers(rank, 4).part(batch) for rank in range(4)]
    assert {len(part) for part in parts} == {8}
    assert torch.equal(torch.cat(parts).sort().values, batch)


def test_a_process_alone_leads_and_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    from augderm.learn.parallel import join_workers

    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_workers(7) as workers:
        assert workers.leads
        assert workers.count == 1
        workers.wait()


def test_a_batch_that_cannot_be_shared_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from augderm.learn.parallel import join_workers

    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(InvalidConfig, match=r"32 images a step, processes are 3.*multiple"), join_workers(32):
        pass


@pytest.mark.slow
def test_two_processes_get_the_gradient_of_the_whole_batch_and_agree_with_the_leader() -> None:
    script = Path(__file__).parents[1] / "support" / "two_processes.py"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run([*command, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("agreed")] == ["agreed 0"] * 2
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("gradient"))
    whole = torch.arange(24, dtype=torch.float32).reshape(8, 3).mean(dim=0)
    half = torch.arange(24, dtype=torch.float32).reshape(8, 3)[::2].mean(dim=0)
    assert [float(part) for part in line.split()[1:]] == pytest.approx(whole.tolist())
    assert whole.tolist() != pytest.approx(half.tolist())
