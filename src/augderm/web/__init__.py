"""The clinic in the browser: pages, the JSON API, and what keeps both safe. It calls use cases alone."""
