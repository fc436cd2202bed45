"""Parts of `augderm evaluate`."""
