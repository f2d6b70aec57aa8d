"""Measures how well answers are grounded."""
