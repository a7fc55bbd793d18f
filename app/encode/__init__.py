"""Pixels become bytes: one file per format."""
