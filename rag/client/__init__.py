"""Asks a running service from Python."""
