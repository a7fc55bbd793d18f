"""How large does a compressed body become? Inflated as it comes, never beyond a limit."""

from __future__ import annotations

import zlib


class InflateError(ValueError):
    """The body is not gzip or deflate, or ends too early."""


class Inflater:
    """Undoes ``Content-Encoding: gzip`` or ``deflate`` chunk by chunk; gives at most ``limit`` + 1 bytes in all."""

    def __init__(self, limit: int) -> None:
        self._left = limit + 1
        self._stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # 32: gzip and zlib headers are recognised
        self._begun = False

    def feed(self, chunk: bytes) -> bytes:
        """Inflate one chunk; the caller stops when the sum passes its limit.

        Raises:
            InflateError: Not a compressed stream.
        """
        if self._left <= 0:
            return b""
        try:
            body = self._stream.decompress(chunk, self._left)
        except zlib.error as error:
            if self._begun:
                raise InflateError("broken stream") from error
            self._stream = zlib.decompressobj(wbits=-zlib.MAX_WBITS)  # some servers send it bare
            body = self._raw(chunk)
        self._begun = True
        self._left -= len(body)
        return body

    def finish(self) -> None:
        """Confirm that the stream is complete.

        Raises:
            InflateError: It ends too early.
        """
        if self._left > 0 and not self._stream.eof:
            raise InflateError("the stream ends too early")

    def _raw(self, chunk: bytes) -> bytes:
        try:
            return self._stream.decompress(chunk, self._left)
        except zlib.error as error:
            raise InflateError("not a compressed stream") from error
