"""Photographs of a body region: pigmented lesions found, two clouds of them registered and matched."""
