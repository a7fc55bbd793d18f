"""Where are the scenes? A search becomes scenes, one after the other, from whatever kind of source it names.

``find`` tells the story. ``sources`` finds out what is behind a URL; ``api`` asks a STAC API page by page, in the
``dialect`` that its conformance tells; ``documents`` walks through static catalogues, collections of features and
folders. ``scene`` reads one item; ``account`` keeps the books: what was left out and why, and where the search ended.
"""
