"""What `augderm serve` runs: the server, and worker processes beside it."""
