"""Several processes share a batch without overlap, or say why they cannot."""

from __future__ import annotations

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
    with pytest.raises(InvalidConfig, match=r"batch_size is 32.*multiple"), join_workers(32):
        pass
