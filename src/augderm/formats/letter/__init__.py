"""The report of a signed case, with a letter before it: worded by who asks, set here as HTML and as PDF."""
