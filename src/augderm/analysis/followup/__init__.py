"""One lesion at two visits: photographs brought onto each other, and what has changed beyond noise."""
