"""Caches: bounded in bytes, with a lifetime, and loading once for equal requests at the same moment."""
