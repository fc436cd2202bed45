"""What a bundle reaches on labelled images: figures with intervals, plots, a report and a model card."""
