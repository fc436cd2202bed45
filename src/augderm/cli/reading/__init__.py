"""Reading many images: what to read, by whom, and where results go."""
