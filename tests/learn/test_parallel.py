"""Several processes share a batch without overlap, or say why they cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from augderm.domain.errors import InvalidConfig, OutputRefused

torch = pytest.importorskip("torch", reason="training needs the train extra")


def test_parts_of_a_batch_make_the_whole_without_overlap() -> None:
    from augderm.learn.parallel import Workers

    batch = torch.arange(32)
    parts = [Workers(rank, 4).part(batch) for rank in range(4)]
    assert {len(part) for part in parts} == {8}
    assert torch.equal(torch.cat(parts).sort().values, batch)


def test_a_process_alone_leads_and_fails_as_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    from augderm.learn.parallel import join_workers

    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_workers(7) as workers:
        assert workers.leads
        assert workers.count == 1
        with workers.together():
            pass
        with pytest.raises(OutputRefused, match="full"), workers.together():
            raise OutputRefused("full")


def test_a_batch_that_cannot_be_shared_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from augderm.learn.parallel import join_workers

    for name, value in {"WORLD_SIZE": "3", "RANK": "0", "MASTER_ADDR": "::1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidConfig, match=r"32 images a step, processes are 3.*multiple"), join_workers(32):
        pass


def test_an_environment_that_is_only_half_of_torchruns_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from augderm.learn.parallel import join_workers

    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InvalidConfig, match=r"RANK.*torchrun.*unset WORLD_SIZE"), join_workers(32):
        pass
    for value in ("", "two", "0", "-1"):
        monkeypatch.setenv("WORLD_SIZE", value)
        with pytest.raises(InvalidConfig, match=r"WORLD_SIZE is .*unset it"), join_workers(32):
            pass


@pytest.mark.parametrize(
    ("told", "threads"), [("3", 3), ("4,2", 4), (" 2 ", 2), ("", None), ("0", None), ("many", None)]
)
def test_threads_are_the_first_number_of_the_list_or_as_many_as_cores(
    monkeypatch: pytest.MonkeyPatch, told: str, threads: int | None
) -> None:
    from augderm.learn.parallel import threads_of_process

    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert threads_of_process() == (threads or os.cpu_count())
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert threads_of_process() == os.cpu_count()


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
