"""ONNX Runtime, silenced. Everything that needs it imports it from here.

From 1.29 on its Linux wheels collect usage data by default (device id, process, model hashes), keep
them under the user's cache folder and send them to Microsoft. Nothing may leave a clinic unasked.
"""

from __future__ import annotations

import os

# Read while the library loads: set before the import. Not "setdefault": the answer is always no.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime as ort

ort.disable_telemetry_events()

__all__ = ["ort"]
