"""Legends become pictures: one layout, drawn as SVG or as PNG."""
