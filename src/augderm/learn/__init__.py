"""The workshop: datasets, training, calibration, export and figures. Torch is imported only here."""
