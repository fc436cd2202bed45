"""Statistics of reads against the truth, pure: intervals, agreement, reliability."""
