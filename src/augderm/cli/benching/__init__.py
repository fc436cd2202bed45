"""What `augderm bench` runs to load a served clinic."""
