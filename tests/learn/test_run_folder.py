"""A run's folder is never half-written and never mixed with another run's."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from augderm.domain.errors import InvalidConfig, OutputRefused
from augderm.learn.config import load_config
from support.dataset import write_config

torch = pytest.importorskip("torch", reason="training needs the train extra")

SETTINGS = {"name": "mini", "seed": 1}


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from augderm.learn.run_folder import RunFolder

    run = RunFolder(tmp_path)
    run.save({"epoch": 1})

    def full(state: object, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OutputRefused, match=r"No space left.*--resume"):
        run.save({"epoch": 2})
    monkeypatch.undo()
    assert torch.load(run.checkpoint, weights_only=True) == {"epoch": 1}
    assert list(tmp_path.iterdir()) == [run.checkpoint]


def test_what_cannot_be_written_is_told_with_what_it_takes_and_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As torch tells of a full disk: not at all."""
    from augderm.learn.run_folder import RunFolder

    def full(state: object, target: Path) -> None:
        target.write_bytes(bytes(5_000_000))
        raise RuntimeError(
            "[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0\nframe #0: c10"
        )

    usage = shutil.disk_usage(tmp_path)
    left = {"free": 7_000_000}

    def asked(path: Path) -> object:
        written = sum(file.stat().st_size for file in path.iterdir())
        return usage._replace(free=left["free"] - written)

    monkeypatch.setattr(torch, "save", full)
    monkeypatch.setattr(shutil, "disk_usage", asked)
    run = RunFolder(tmp_path)
    state = {
        "epoch": 1,
        "network": {"weight": torch.zeros(3_000_000)},
        "optimizer": {"state": {0: {"average": torch.zeros(2_000_000)}}, "param_groups": [{"lr": 0.1}]},
    }
    with pytest.raises(OutputRefused, match=r"takes about 20 MB and 7 MB are free there: free") as told:
        run.save(state)
    assert "frame" not in str(told.value)
    left["free"] = 0
    monkeypatch.setattr(Path, "write_bytes", _full)
    with pytest.raises(OutputRefused, match=r"0 MB are free there; free"):
        run.write_metrics([{"epoch": 1.0}])
    with pytest.raises(OutputRefused, match=r"how much is free cannot be told"):
        RunFolder(tmp_path / "gone").write_metrics([{"epoch": 1.0}])


def test_a_disk_that_becomes_read_only_is_told_as_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from augderm.learn.run_folder import RunFolder

    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(torch, "save", read_only)
    monkeypatch.setattr(Path, "write_bytes", read_only)
    monkeypatch.setattr(Path, "unlink", read_only)  # of the half file, as the kernel does
    run = RunFolder(tmp_path)
    with pytest.raises(OutputRefused, match="Read-only file system"):
        run.save({"epoch": 1})
    with pytest.raises(OutputRefused, match="Read-only file system"):
        run.write_metrics([{"epoch": 1.0}])


def _full(path: Path, data: bytes) -> int:
    raise OSError(28, "No space left on device")


def test_a_new_run_begins_without_a_checkpoint_and_leaves_its_settings(tmp_path: Path) -> None:
    from augderm.learn.run_folder import RunFolder

    assert RunFolder(tmp_path / "run").open(SETTINGS, resume=False) is None
    assert "mini" in (tmp_path / "run" / "settings.json").read_text()


def test_going_on_with_a_run_that_is_not_there_is_refused_and_not_begun(tmp_path: Path) -> None:
    from augderm.learn.run_folder import RunFolder

    with pytest.raises(OutputRefused, match=r"no run to go on with; check --out"):
        RunFolder(tmp_path / "mistyped").open(SETTINGS, resume=True)
    assert not (tmp_path / "mistyped").exists()


def test_a_run_that_was_stopped_in_its_first_epoch_begins_again(tmp_path: Path) -> None:
    from augderm.learn.run_folder import RunFolder

    RunFolder(tmp_path).open(SETTINGS, resume=False)
    assert RunFolder(tmp_path).open(SETTINGS, resume=True) is None


def test_ctrl_c_within_a_write_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from augderm.learn.run_folder import RunFolder

    def stopped(state: object, target: Path) -> None:
        target.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", stopped)
    with pytest.raises(KeyboardInterrupt):
        RunFolder(tmp_path).save({"epoch": 1})
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_run_is_refused_or_gone_on_with_only_as_it_was(tmp_path: Path) -> None:
    from augderm.learn.run_folder import RunFolder

    run = RunFolder(tmp_path)
    run.open(SETTINGS, resume=False)
    run.save({"epoch": 3, "settings": SETTINGS, "averaged": {}})
    with pytest.raises(OutputRefused, match="--resume"):
        run.open(SETTINGS, resume=False)
    with pytest.raises(InvalidConfig, match="seed"):
        run.open(SETTINGS | {"seed": 2}, resume=True)
    state = run.open(SETTINGS, resume=True)
    assert state is not None
    assert state["epoch"] == 3
    new_since = SETTINGS | {"teachers": [], "teachers_weight": 0.0}
    assert run.open(new_since, resume=True) == state
    with pytest.raises(InvalidConfig, match="teachers"):
        run.open(SETTINGS | {"teachers": ["a"]}, resume=True)
    chosen_at_the_end = SETTINGS | {"commit": "b", "keep_of_start": 0.7, "refit": False}
    assert run.open(chosen_at_the_end, resume=True) == state


def test_what_is_kept_of_the_start_can_be_chosen_at_the_end_if_the_start_is_the_same(tmp_path: Path) -> None:
    from augderm.learn.run_folder import RunFolder
    from augderm.learn.train import settings_of

    start, run = RunFolder(tmp_path / "start"), RunFolder(tmp_path / "run")
    start.path.mkdir()
    start.save({"settings": {}, "averaged": {}})
    config = dataclasses.replace(
        load_config(write_config(tmp_path / "c.toml")), start_from=start.path, keep_of_start=0.0
    )
    begun = settings_of(config, "0")
    run.open(begun, resume=False)
    run.save({"epoch": 3, "settings": begun, "averaged": {}})
    keeping = dataclasses.replace(config, keep_of_start=0.3)
    assert run.open(settings_of(keeping, "0"), resume=True)
    start.save({"settings": {"another": 1}, "averaged": {}})
    with pytest.raises(InvalidConfig, match="start_sha256"):
        run.open(settings_of(keeping, "0"), resume=True)
    assert run.open(settings_of(config, "0"), resume=True), "nothing of it is needed any more"
    start.checkpoint.unlink()
    assert run.open(settings_of(config, "0"), resume=True)
    del begun["start_sha256"]  # as of an earlier version
    run.save({"epoch": 3, "settings": begun, "averaged": {}})
    start.save({"settings": {}, "averaged": {}})
    assert run.open(settings_of(keeping, "0"), resume=True)


def test_the_size_that_it_reads_at_may_be_chosen_once_all_epochs_are_done(tmp_path: Path) -> None:
    from augderm.learn.run_folder import RunFolder

    run = RunFolder(tmp_path)
    begun = SETTINGS | {"input_size_px": 288, "stages": [{"side_px": 224, "epochs": 2}]}
    run.open(begun, resume=False)
    run.save({"epoch": 1, "settings": begun, "averaged": {}})
    with pytest.raises(InvalidConfig, match="input_size_px"):
        run.open(begun | {"input_size_px": 256}, resume=True)
    run.save({"epoch": 2, "settings": begun, "averaged": {}})
    assert run.open(begun | {"input_size_px": 256}, resume=True)


@pytest.mark.parametrize("damage", [b"", b"\x80\x04\x95\xff", b"PK\x03\x04" + bytes(60), b"\x8c\xff\xfe\xfd"])
def test_a_damaged_checkpoint_is_an_error_with_its_remedy(damage: bytes, tmp_path: Path) -> None:
    from augderm.learn.run_folder import RunFolder

    run = RunFolder(tmp_path)
    run.checkpoint.write_bytes(damage)
    with pytest.raises(InvalidConfig, match="restore it, or start another run"):
        run.open(SETTINGS, resume=True)


START = {
    "data_sha256": "a",
    "validation_fold": 0,
    "calibration_fold": 4,
    "calibration_share": {"dermoscopic": 0.5},
    "encoder": "lite0",
    "embedding_size": 16,
}


def test_another_run_starts_from_the_averaged_weights(tmp_path: Path) -> None:
    from augderm.learn.run_folder import RunFolder

    run = RunFolder(tmp_path)
    run.save({"settings": START | {"seed": 1}, "averaged": {"weight": torch.ones(2)}, "network": {}})
    assert torch.equal(run.averaged_weights(START | {"seed": 2})["weight"], torch.ones(2))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"data_sha256": "b"}, "holds back"),
        ({"validation_fold": 1}, "holds back"),
        ({"calibration_share": {"dermoscopic": 0.9}}, "holds back"),
        ({"official_splits": ["derm7pt"]}, "holds back"),
        ({"encoder": "lite2"}, "another encoder"),
        ({"checklist_weight": 1.0}, "head for the checklist"),
    ],
)
def test_a_run_that_held_other_images_back_or_has_another_shape_is_no_start(
    tmp_path: Path, changed: dict[str, object], why: str
) -> None:
    from augderm.learn.run_folder import RunFolder

    run = RunFolder(tmp_path)
    run.save({"settings": START, "averaged": {}})
    with pytest.raises(InvalidConfig, match=why) as told:
        run.averaged_weights(START | changed)
    assert next(iter(changed)) in str(told.value)


def test_a_start_that_is_not_there_is_told_with_its_path(tmp_path: Path) -> None:
    from augderm.learn.run_folder import RunFolder

    with pytest.raises(InvalidConfig, match=r"nowhere: holds no checkpoint\.pt"):
        RunFolder(tmp_path / "nowhere").averaged_weights(START)


def test_a_full_disk_leaves_the_last_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from augderm.learn.run_folder import RunFolder

    run = RunFolder(tmp_path)
    run.write_metrics([{"epoch": 1.0, "loss": 2.0}])
    before = (tmp_path / "metrics.csv").read_text()

    def full(path: Path, data: bytes) -> int:
        path.open("wb").close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputRefused, match=r"No space left.*--resume"):
        run.write_metrics([{"epoch": 1.0, "loss": 2.0}, {"epoch": 2.0, "loss": 1.0}])
    with pytest.raises(OutputRefused, match=r"No space left.*--resume"):
        run.draw_curves([64])
    assert (tmp_path / "metrics.csv").read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.csv"]


def test_a_checkpoint_that_would_run_code_is_not_loaded(tmp_path: Path) -> None:
    import pickle

    from augderm.learn.run_folder import RunFolder

    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (Path(tmp_path / "ran"),))  # type: ignore[return-value]

    run = RunFolder(tmp_path)
    run.checkpoint.write_bytes(pickle.dumps(Hostile(), protocol=2))
    with pytest.raises(InvalidConfig, match="restore"):
        run.open(SETTINGS, resume=True)
    assert not (tmp_path / "ran").exists()
