"""From a network to a bundle that reads as it was calibrated."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augderm.domain.errors import InvalidDataset, ModelMismatch, OutputRefused
from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.formats.raster import decode_image, read_file
from augderm.learn.learned import are_learned, learned_by
from augderm.learn.records import Record, Split
from augderm.reader.bundle import MANIFEST, NETWORK, load_bundle
from augderm.reader.network import OUTPUTS, Network, open_session
from augderm.second_read import assess
from support.dataset import write_config, write_dataset

torch = pytest.importorskip("torch", reason="exporting needs the train extra")
SIZE = 64


def _toy(prototypes: np.ndarray) -> Any:
    """A module that names the class whose mean colour is nearest; its other heads are linear."""
    from augderm.learn.network import NetworkOutput

    class Toy(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            mu = torch.tensor(prototypes, dtype=torch.float32)
            self.head = torch.nn.Conv2d(3, len(CODES), 1)
            self.head.weight.data = (60 * mu)[:, :, None, None]
            self.head.bias.data = -30 * (mu**2).sum(dim=1)
            torch.manual_seed(0)
            self.border = torch.nn.Conv2d(3, 1, 1)
            self.structures = torch.nn.Conv2d(3, len(STRUCTURES), 1)
            self.artefacts = torch.nn.Conv2d(3, len(ARTEFACTS), 1)

        def forward(self, images: Any) -> Any:
            pool = torch.nn.functional.avg_pool2d
            fine, coarse = pool(images, 4), pool(images, 32)
            maps, attention = self.structures(pool(images, 8)), self.head(coarse)
            mean = images.mean(dim=(2, 3))
            return NetworkOutput(
                logits=attention.mean(dim=(2, 3)),
                border=self.border(fine),
                embedding=torch.cat([mean, mean**2], dim=1),
                attention=attention,
                structures=maps.mean(dim=(2, 3)),
                structure_maps=maps,
                artefacts=self.artefacts(coarse).mean(dim=(2, 3)),
                modality=mean[:, 0],
                features=fine.std(dim=(2, 3)),
            )

    return Toy().eval()


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    """140 phantoms to train on and 175 to calibrate."""
    from augderm.learn.datasets.index_csv import read_index

    folder = tmp_path_factory.mktemp("export") / "data"
    write_dataset(folder, images=315)
    records = read_index(folder)
    return Split(train=records[:140], calibration=records[140:], validation=[])


@pytest.fixture(scope="module")
def toy(split: Split) -> Any:
    means = np.array([np.asarray(Image.open(r.path)).mean(axis=(0, 1)) for r in split.train])
    labels = np.array([record.label for record in split.train])
    return _toy((np.array([means[labels == c].mean(axis=0) for c in range(7)]) - 127) / 128)


def _config(folder: Path) -> Any:
    from augderm.learn.config import load_config

    (folder / "data").mkdir(exist_ok=True)
    return load_config(write_config(folder / "config.toml", input_size_px=SIZE))


def _export(network: Any, split: Split, place: Path) -> Path:
    from augderm.learn.export import export_bundle

    export_bundle(
        network,
        _config(place),
        split,
        {"train_images": len(split.train), "readers": ["index"]},
        place / "bundle",
    )
    return place / "bundle"


@pytest.fixture(scope="module")
def bundle(toy: Any, split: Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _export(toy, split, tmp_path_factory.mktemp("bundle"))


@pytest.mark.slow
def test_a_bundle_is_whole_and_says_what_it_was_made_of(bundle: Path) -> None:
    loaded = load_bundle(bundle)
    assert (loaded.name.name, loaded.name.version) == ("mini", "0.0.1")
    assert loaded.manifest["training"] == {"train_images": 140, "readers": ["index"]}
    assert set(loaded.manifest["files"]) == {path.name for path in bundle.iterdir()} - {MANIFEST}
    assert loaded.preprocessing.input_size_px == SIZE
    own = loaded.calibrations.by_modality["dermoscopic"]
    assert own
    assert own.images == 175
    # No clinical image, no structure's label, no artefact's: nothing of them may be shown.
    assert loaded.calibrations.by_modality["clinical"] is None
    assert not any(loaded.calibrations.structures.values())
    assert not any(loaded.calibrations.artefacts.values())
    assert "Non-commercial" in (bundle / "LICENSE-WEIGHTS.md").read_text()


@pytest.mark.slow
def test_a_bundle_lists_what_it_was_trained_and_calibrated_on(bundle: Path, split: Split) -> None:
    learned = learned_by(load_bundle(bundle))
    assert learned is not None
    assert len(learned) == len(split.train) + len(split.calibration)
    assert are_learned(learned, [*split.train, *split.calibration]).all()


@pytest.mark.slow
def test_the_network_has_every_output_and_takes_any_number_of_images(bundle: Path) -> None:
    session = open_session((bundle / NETWORK).read_bytes())
    assert {output.name for output in session.get_outputs()} == set(OUTPUTS)
    for count in (1, 3, 16):
        logits, modality = session.run(
            ["logits", "modality"], {"images": np.zeros((count, 3, SIZE, SIZE), np.float32)}
        )
        assert (logits.shape, modality.shape) == ((count, 7), (count,))


@pytest.mark.slow
def test_it_is_calibrated_as_it_reads(bundle: Path, split: Split) -> None:
    from augderm.learn.calibrate import MIN_IMAGES, fit_calibration

    network = Network(load_bundle(bundle))
    reads = [network.read(decode_image(read_file(record.path)).pixels) for record in split.calibration]
    expected = fit_calibration(
        np.stack([read.logits for read in reads]), split.calibration, least=MIN_IMAGES["dermoscopic"]
    )
    found = network.bundle.calibrations.by_modality["dermoscopic"]
    assert expected
    assert found
    assert found.temperature == pytest.approx(expected.temperature, rel=1e-3)
    assert found.biases == pytest.approx(expected.biases, abs=1e-2)
    assert found.set_thresholds == pytest.approx(expected.set_thresholds, abs=1e-2)
    novelty = network.bundle.novelty["dermoscopic"]
    assert novelty
    scores = novelty.scores(np.stack([read.features for read in reads]))
    assert 0.01 <= np.mean(scores > novelty.limit) <= 0.06


@pytest.mark.slow
def test_it_reads(bundle: Path, split: Split) -> None:
    read = assess(split.calibration[0].path, network=Network(load_bundle(bundle)))
    assert read.modality
    assert (read.modality.name, read.modality.clinical_probability) == ("dermoscopic", None)
    assert read.novelty


@pytest.mark.slow
def test_it_knows_skin_without_a_lesion(
    toy: Any, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from augderm.learn import blank_skin

    monkeypatch.setattr(blank_skin, "WINDOW_SHARE", 0.2)  # the phantoms leave no larger one beside the lesion
    network = Network(load_bundle(_export(toy, split, tmp_path)))
    novelty = network.bundle.novelty["dermoscopic"]
    assert novelty
    assert novelty.blankness.any()
    images = [(decode_image(read_file(record.path)).pixels, record) for record in split.calibration[:40]]
    windows = [blank_skin.blank_window(pixels, record) for pixels, record in images]
    found = [network.read(window) for window in windows if window is not None]
    assert len(found) >= 30
    assert np.mean(novelty.scores(np.stack([read.features for read in found])) > novelty.limit) >= 0.95


@pytest.mark.slow
def test_a_failed_export_leaves_the_earlier_bundle_whole(
    toy: Any, split: Split, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    # Made once already, which takes longer than all the rest.
    network = (bundle / NETWORK).read_bytes()
    monkeypatch.setattr(
        "augderm.learn.export.export_network", lambda toy, size, path: path.write_bytes(network)
    )
    before = json.loads((folder / MANIFEST).read_text())
    gone = Record(folder=tmp_path, image="gone.png", dataset="mini", group="g", fold=4, aspect=1.0, label=0)
    with pytest.raises(InvalidDataset, match=r"gone\.png"):
        _export(toy, Split(split.train, [*split.calibration, gone], []), tmp_path)
    with pytest.raises(InvalidDataset, match="calibration_share"):
        _export(toy, Split(split.train, split.calibration[:30], []), tmp_path)
    assert json.loads((folder / MANIFEST).read_text()) == before
    load_bundle(folder)


@pytest.mark.slow
def test_a_wrong_export_is_refused(
    toy: Any, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("augderm.learn.export.LARGEST_DIFFERENCE", -1.0)
    with pytest.raises(ModelMismatch, match="differ by"):
        _export(toy, split, tmp_path)


def test_a_place_that_cannot_be_written_is_refused(toy: Any, split: Split, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    from augderm.learn.export import export_bundle

    with pytest.raises(OutputRefused, match="cannot be written"):
        export_bundle(toy, _config(tmp_path), split, {}, tmp_path / "file" / "bundle")


def test_the_sample_is_of_both_modalities_and_always_the_same(split: Split) -> None:
    from augderm.learn.export import sample_by_modality

    clinical = [
        Record(
            folder=Path(), image=str(i), dataset="c", group=str(i), fold=1, aspect=1.0, label=0,
            modality="clinical",
        )
        for i in range(5)
    ]  # fmt: skip
    mixed = clinical + split.train
    chosen = sample_by_modality(mixed, 20, seed=3)
    assert sum(record.modality == "clinical" for record in chosen) == 5
    assert len(chosen) == 25
    assert chosen == sample_by_modality(mixed, 20, seed=3) != sample_by_modality(mixed, 20, seed=4)
