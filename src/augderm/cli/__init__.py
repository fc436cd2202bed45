"""The command line: thin commands around the same functions that Python users call."""
