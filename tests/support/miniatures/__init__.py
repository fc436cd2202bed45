"""Miniatures of published datasets: a few phantoms each, in the exact layout of the release."""
