"""What published models say of the person's own risk: context for the lesion, never a substitute."""
