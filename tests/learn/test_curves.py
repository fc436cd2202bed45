"""Learning curves are a picture, also of one epoch and of figures that are undefined."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from augderm.learn.curves import draw_curves, read_metrics

pytest.importorskip("matplotlib", reason="curves need the train extra")


def test_metrics_become_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(
        "epoch,loss,mean_class_recall,modality_auc\n1,2.5,0.4,nan\n2,2.0,0.5,nan\n3,1.8,0.6,nan\n"
    )
    rows = read_metrics(path)
    assert rows[1]["loss"] == 2.0
    for count in (1, 3):
        with Image.open(io.BytesIO(draw_curves(rows[:count], [160, 160, 192]))) as picture:
            assert picture.format == "PNG"
            assert picture.width > 600
