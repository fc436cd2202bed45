"""Trained networks teach another one, on the views that it is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from augderm.domain.errors import InvalidConfig
from augderm.reader.bundle import DEFAULT_BUNDLE, MANIFEST, NETWORK
from augderm.reader.network import open_session
from support.bundles import write_toy_bundle

torch = pytest.importorskip("torch", reason="training needs the train extra")


def built(encoder: str = "lite0") -> Any:
    from augderm.learn.network import build_network

    torch.manual_seed(3)
    return build_network(encoder, embedding_size=32, dropout=0.2)


def some_images() -> Any:
    return torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(5))


def test_the_loss_is_zero_for_who_says_the_same_and_pulls_towards_the_teachers_else() -> None:
    from augderm.learn.teachers import Teachers

    network, images = built().eval(), some_images()
    teachers = Teachers([network])
    found = network(images)
    assert teachers.loss(images, found).item() == pytest.approx(0, abs=1e-6)
    shift = torch.zeros_like(found.logits)
    shift[:, 0] = 3.0
    logits = (found.logits.detach() + shift).requires_grad_()
    structures = (found.structures.detach() - 2).requires_grad_()
    other = found._replace(logits=logits, structures=structures)
    loss = teachers.loss(images, other)
    assert loss.item() > 0.1
    loss.backward()
    assert (logits.grad[:, 0] > 0).all()  # down again
    assert (structures.grad < 0).all()  # up again


def test_two_teachers_speak_as_one_by_the_mean_of_what_each_holds_likely() -> None:
    from augderm.learn.teachers import Teachers

    first, second, images = built().eval(), built("lite1").eval(), some_images()
    told = Teachers([first, second]).tell(images)
    with torch.no_grad():
        each = [network(images) for network in (first, second)]
    wanted = sum(one.logits.log_softmax(dim=1) for one in each) / 2
    torch.testing.assert_close(told.logits, wanted)
    torch.testing.assert_close(told.structures, (each[0].structures + each[1].structures) / 2)


def test_teachers_do_not_learn_and_none_asks_for_nothing() -> None:
    from augderm.learn.teachers import Teachers

    network, images = built().train(), some_images()
    teachers = Teachers([network])
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert not teachers.tell(images).logits.requires_grad
    for name, value in network.state_dict().items():  # batch norms among them
        torch.testing.assert_close(value, before[name])
    assert Teachers([]).loss(images, built().eval()(images)).item() == 0


def test_a_teacher_that_may_have_seen_what_is_held_back_or_did_not_end_is_refused(tmp_path: Path) -> None:
    from augderm.learn.teachers import load_teachers

    settings = {"data_sha256": "a", "validation_fold": 0, "calibration_fold": 4, "embedding_size": 256}
    state = {"settings": settings | {"validation_fold": 1}, "averaged": {}}
    torch.save(state, tmp_path / "checkpoint.pt")
    with pytest.raises(InvalidConfig, match="another validation_fold, so it may have learned"):
        load_teachers([tmp_path], settings, 10, torch.device("cpu"))
    stages = [{"side_px": 160, "epochs": 9}]
    unfinished = {"settings": {**settings, "stages": stages}, "averaged": {}, "epoch": 1}
    torch.save(unfinished, tmp_path / "checkpoint.pt")
    with pytest.raises(InvalidConfig, match="stands at epoch 1 of 9; end it with --resume"):
        load_teachers([tmp_path], settings, 10, torch.device("cpu"))
    with pytest.raises(InvalidConfig, match=r"holds no checkpoint\.pt; train that run first"):
        load_teachers([tmp_path / "none"], settings, 10, torch.device("cpu"))


def test_a_bundle_teaches_what_it_says_and_one_of_unknown_encoder_is_told(tmp_path: Path) -> None:
    from augderm.learn.teachers import load_teachers

    manifest = json.loads((DEFAULT_BUNDLE / MANIFEST).read_text())
    facts, side_px = manifest["training"], manifest["preprocessing"]["input_size_px"]
    settings = facts | {"embedding_size": 256}
    teachers = load_teachers([DEFAULT_BUNDLE], settings, facts["train_images"], torch.device("cpu"))
    images = torch.randn(1, 3, side_px, side_px, generator=torch.Generator().manual_seed(5))
    session = open_session((DEFAULT_BUNDLE / NETWORK).read_bytes(), threads=1)
    (said,) = session.run(["structures"], {"images": images.numpy()})
    torch.testing.assert_close(teachers.tell(images).structures, torch.tensor(said), atol=1e-3, rtol=1e-3)
    toy = write_toy_bundle(tmp_path / "toy")
    with pytest.raises(InvalidConfig, match="does not say which encoder"):
        load_teachers([toy], settings, 10, torch.device("cpu"))
