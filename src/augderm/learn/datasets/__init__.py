"""The datasets that augderm reads, each as it is published: one file a dataset, the same records."""
