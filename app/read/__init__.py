"""Bytes become arrays: drivers behind one Protocol."""
