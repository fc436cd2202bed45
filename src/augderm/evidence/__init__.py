"""What follows from what was seen: scores, each with its reasons. Pure functions over the domain."""
