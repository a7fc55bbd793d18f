"""Swath: a self-hosted dynamic tile server for STAC items and cloud-optimised GeoTIFFs."""

__version__ = "0.1.0"
