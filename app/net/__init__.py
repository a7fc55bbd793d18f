"""May these bytes be read, and how do they come? The one guarded client, and the files below ``SWATH_DATA_ROOT``.

A text becomes a ``Location`` (``location``), judged by the operator's ``SourcePolicy`` (``policy``, ``address``);
a ``ByteStore`` (``store``) turns a location into a document or a ``ByteSource``. Every remote byte passes
``GuardedClient`` (``client``).
"""
