"""Filters of OGC's CQL2: what they mean, in one form, and whether an item passes.

The form is CQL2 JSON, put in order (``normal``), so that equal filters are equal values. ``text`` and ``query`` (the
older extension of STAC APIs) are other spellings of it, read and written; ``evaluate`` judges one item.
"""
