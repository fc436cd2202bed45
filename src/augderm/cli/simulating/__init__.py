"""The outputs of `augderm simulate`."""
