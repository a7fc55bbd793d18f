"""What happens when memory runs short, or threads do not come back? Less is kept, then less is done, then a new worker.

Without it the system would end the process in the middle of every answer.
"""

from __future__ import annotations

import ctypes
import logging
import threading
import time
from collections.abc import Callable

from app.limits.admission import Admission
from app.observe.memory import Memory

log = logging.getLogger("swath")

CROWDED = 0.8
"""From this share of the memory on nothing is kept, and then nothing more is admitted."""
FULL = 0.9
"""From here on a new worker takes the place of this one."""
LOST = 0.25
"""A worker can do without so many of its threads."""
GIVE_BACK_S = 60.0
"""So often what is free between pieces in use is given back: it would grow for hours, by 40 MB a worker and more."""
CLOSED = "There is no memory left for another picture; try again in a moment."


class Governor:
    """Looks at memory and threads from time to time.

    Args:
        memory: What there is, and what is used.
        admission: Closed while memory is short.
        shed: Empties all caches.
        lost_share: Share of the threads of a pool that are at work long after their requests have ended.
        retire: Asks for a new worker in the place of this one.
    """

    def __init__(
        self,
        memory: Memory,
        admission: Admission,
        *,
        shed: Callable[[], None],
        lost_share: Callable[[], float],
        retire: Callable[[str], None],
    ) -> None:
        self._memory = memory
        self._admission = admission
        self._shed = shed
        self._lost_share = lost_share
        self._retire = retire
        self._retiring = False
        self._give_back_at = time.monotonic() + GIVE_BACK_S

    def look(self) -> bool:
        """Compare what is used with what there is, and do what has to be done; tells whether memory is nearly gone."""
        if time.monotonic() >= self._give_back_at:
            self._give_back_at = time.monotonic() + GIVE_BACK_S
            # It takes some 15 ms.
            threading.Thread(target=give_back, name="give-back", daemon=True).start()
        if self._memory.share() > CROWDED:
            self._shed()
            give_back()
        share = self._memory.share()
        self._admission.closed = CLOSED if share > CROWDED else ""
        if share > FULL:
            self._ask_once(f"{share:.0%} of the memory is in use, with all caches empty")
        if (lost := self._lost_share()) > LOST:
            self._ask_once(f"{lost:.0%} of its threads have not come back long after their requests ended")
        return share > FULL

    def _ask_once(self, reason: str) -> None:
        if not self._retiring:
            self._retiring = True
            log.warning("this worker should be replaced: %s", reason)
            self._retire(reason)


def give_back() -> None:
    """Give freed memory back to the system, which glibc does by itself only in part."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):  # another C library
        return
