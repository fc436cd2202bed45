"""The outputs of `augderm worklist`."""
