"""The clinic in the browser: pages, the JSON API, and what keeps both safe. Calls use cases, nothing below."""
