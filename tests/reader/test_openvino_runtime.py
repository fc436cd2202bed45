"""The other runtime: the same reads as ONNX Runtime's, and nothing of it leaves the machine."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from augderm import assess
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.domain.errors import InvalidConfig, ModelMismatch
from augderm.reader.bundle import load_bundle
from augderm.reader.network import OUTPUTS, Network, check_runtime, open_session, run_session
from support.bundles import toy_network

PHANTOMS = (
    PhantomSpec(),
    PhantomSpec(width_px=480, height_px=640, hairs=8),
    PhantomSpec(width_px=400, height_px=400, long_axis_px=300, short_axis_px=120),
)
TOLERANCE = 2e-3
"""Of logits, of the order of 1 to 10; on 1,297 photographs the probabilities differ by less than 1e-5
(docs/explain/experiments.md)."""
COMPARED = (
    *("logits", "border", "embedding", "attention"),
    *("structures", "structure_maps", "artefacts", "features"),
)
WATCHED = """
import sys
def tell(event, arguments):
    if event.startswith(("socket.", "os.fork", "urllib.")) or event == "subprocess.Popen":
        print("WATCHED", event, arguments, file=sys.stderr, flush=True)
sys.addaudithook(tell)
from augderm import assess
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
read = assess(sys.argv[1], network=Network(load_bundle(), 1, "openvino"))
print(read.runtime.name)
"""


@pytest.fixture(scope="module")
def networks() -> tuple[Network, Network]:
    pytest.importorskip("augderm.reader.openvino_runtime", reason="the extra `fast` is not installed")
    bundle = load_bundle()
    return Network(bundle, 1), Network(bundle, 1, "openvino")


def test_both_runtimes_say_the_same_of_phantoms(networks: tuple[Network, Network]) -> None:
    for spec in PHANTOMS:
        pixels = draw_phantom(spec).pixels
        for views in (1, 3):
            one, other = (network.read(pixels, views) for network in networks)
            for name in COMPARED:
                np.testing.assert_allclose(
                    getattr(other, name), getattr(one, name), atol=TOLERANCE, rtol=1e-3, err_msg=name
                )
            assert other.modality == pytest.approx(one.modality, abs=TOLERANCE)


def test_the_assessment_says_what_read_it_and_is_else_the_same(networks: tuple[Network, Network]) -> None:
    pixels = draw_phantom(PHANTOMS[1]).pixels
    one, other = (assess(pixels, network=network, novelty_limit=math.inf) for network in networks)
    assert one.runtime
    assert other.runtime
    assert (one.runtime.name, other.runtime.name) == ("onnx", "openvino")
    assert (one.runtime.precision, other.runtime.precision) == ("float32", "float32")
    assert one.diagnosis
    assert other.diagnosis
    assert other.diagnosis.prediction_set == one.diagnosis.prediction_set
    assert other.diagnosis.probabilities == pytest.approx(one.diagnosis.probabilities, abs=1e-3)
    assert other.advice
    assert one.advice
    assert (other.status, other.advice.band) == (one.status, one.advice.band)


def test_threads_may_share_a_network(networks: tuple[Network, Network]) -> None:
    network = networks[1]
    pixels = [draw_phantom(PhantomSpec(long_axis_px=size)).pixels for size in (200.0, 240.0, 280.0, 320.0)]
    alone = [network.read(each).logits for each in pixels]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda each: network.read(each).logits, pixels * 4))
    for index, logits in enumerate(together):
        np.testing.assert_allclose(logits, alone[index % 4], atol=1e-5)


def test_a_later_run_leaves_the_outputs_of_an_earlier_one_as_they_were() -> None:
    pytest.importorskip("augderm.reader.openvino_runtime", reason="the extra `fast` is not installed")
    session = open_session(toy_network(), 1, "openvino")
    dark, light = (np.full((1, 3, 64, 64), level, np.float32) for level in (-1.0, 1.0))
    first = run_session(session, dark)
    kept = {name: values.copy() for name, values in first.items()}
    run_session(session, light)
    for name, values in first.items():
        np.testing.assert_array_equal(values, kept[name])


def test_what_is_no_network_or_lacks_an_output_is_refused() -> None:
    pytest.importorskip("augderm.reader.openvino_runtime", reason="the extra `fast` is not installed")
    for data in (b"", b"\x08\x07"):
        with pytest.raises(ModelMismatch, match="restore the bundle"):
            open_session(data, 1, "openvino")
    for name in OUTPUTS:
        with pytest.raises(ModelMismatch, match=f"no output {name}"):
            open_session(toy_network(leave_out=name), 1, "openvino")


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InvalidConfig, match=re.escape("pip install 'augderm[fast]'")):
        check_runtime("openvino")
    with pytest.raises(InvalidConfig, match=re.escape("pip install 'augderm[fast]'")):
        Network(load_bundle(), runtime="openvino")


def test_an_unknown_runtime_is_refused() -> None:
    for name in ("tensorrt", "", "OpenVINO"):
        with pytest.raises(InvalidConfig, match="it takes onnx or openvino"):
            Network(load_bundle(), runtime=name)  # type: ignore[arg-type]


def test_reading_with_it_reports_to_nobody(phantom_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("augderm.reader.openvino_runtime", reason="the extra `fast` is not installed")
    home = tmp_path / "home"
    home.mkdir()
    # Without CI, where the library is silent by itself.
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "XDG_CACHE_HOME")}
    environment["HOME"] = str(home)
    command = [sys.executable, "-c", WATCHED, str(phantom_file)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "openvino"
    assert "WATCHED" not in done.stderr
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_it_is_imported_in_one_place_only() -> None:
    source = Path(__file__).parents[2] / "src"
    importing = [
        path.name
        for path in source.rglob("*.py")
        if re.search(r"^\s*(import|from) openvino\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert importing == ["openvino_runtime.py"]
