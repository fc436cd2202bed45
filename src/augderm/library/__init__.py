"""Libraries of labelled cases: a folder that is searched for what looks like an image."""
