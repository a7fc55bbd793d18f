"""A small STAC search: a request body becomes a ``SearchQuery``, which picks items out of a list."""
