"""Parameter maps: what each pixel absorbs and reflects, beside what it looks like."""
