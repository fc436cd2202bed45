"""What `augderm train` says when it is stopped is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("torch", reason="training needs the train extra")


@pytest.mark.parametrize(
    ("finished", "said", "not_said"),
    [
        (True, "finished epochs are in the checkpoint; go on with --resume", "no epoch"),
        (False, "no epoch was finished, so nothing learned is kept; begin again", "checkpoint"),
    ],
)
def test_ctrl_c_says_whether_an_epoch_was_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished: bool, said: str, not_said: str
) -> None:
    from augderm.cli.main import app
    from augderm.learn import workshop

    def stopped(config: Path, out: Path, **_: object) -> None:
        out.mkdir()
        if finished:
            (out / "checkpoint.pt").write_bytes(b"some")
        raise KeyboardInterrupt

    monkeypatch.setattr(workshop, "train_bundle", stopped)
    done = CliRunner().invoke(
        app, ["train", str(tmp_path / "c.toml"), "--out", str(tmp_path / "run")], standalone_mode=False
    )
    assert done.return_value == 130
    assert said in done.stderr
    assert not_said not in done.stderr
