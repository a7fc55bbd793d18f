"""How much may a caller still ask for? A token bucket per caller, counted in units of work.

A unit is a tile of 256 x 256 pixels of one asset; ``app.access.price`` says what else costs how much.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from app.access.keys import ApiKey
from app.errors import RateExceeded
from app.settings import Settings

BASE_UNITS = 0.1
"""What every request costs, and all that one costs that is answered from memory, or was refused."""

CALLERS_MAX = 10_000
"""Buckets kept, about 3 MB; the one unused for longest is dropped, and would be full again as a rule."""

_ROUNDING = 1e-9
_ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """An allowance of one worker: ``burst`` units at once, refilled by ``per_second``."""

    per_second: float
    burst: float

    def times(self, factor: float) -> Rate:
        """The same for as many seconds, of ``factor`` times the units."""
        return Rate(per_second=self.per_second * factor, burst=self.burst * factor)


class Bucket:
    """The units that a caller has left."""

    __slots__ = ("_checked", "left", "rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self.rate = rate
        self.left = rate.burst
        self._checked = now

    def refill(self, now: float) -> None:
        """Add what has come since the last time."""
        self.left = min(self.rate.burst, self.left + (now - self._checked) * self.rate.per_second)
        self._checked = now


class Tab:
    """What one request takes from its caller's bucket: a deposit when it comes, the rest when its price is known."""

    __slots__ = ("_bucket", "_clock", "_paid", "_price")

    def __init__(self, bucket: Bucket, clock: Callable[[], float]) -> None:
        self._bucket = bucket
        self._clock = clock
        self._paid = 0.0
        self._price = 0.0

    def enter(self) -> None:
        """Pay the deposit.

        Raises:
            RateExceeded: Not even that is left.
        """
        self._pay_up_to(BASE_UNITS)

    def charge(self, units: float) -> None:
        """Add to the price, and pay what the deposit and earlier charges have not.

        What costs more than a whole bucket waits until it is full, and then owes the rest: it would never be answered
        otherwise.

        Raises:
            RateExceeded: So many are not left.
        """
        self._price += units
        self._pay_up_to(self._price)

    @property
    def headers(self) -> dict[str, str]:
        """``RateLimit`` and ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers-10) as things stand now.

        ``q`` units come back within ``w`` seconds; ``r`` are left, and in ``t`` seconds there will be one more.
        """
        bucket = self._bucket
        bucket.refill(self._clock())
        rate = bucket.rate
        left = max(0, math.floor(bucket.left + _ROUNDING))
        more = "" if bucket.left >= rate.burst else f";t={_whole_s((left + 1 - bucket.left) / rate.per_second)}"
        policy = f'"units";q={math.floor(rate.burst)};w={_whole_s(rate.burst / rate.per_second)}'
        return {"RateLimit": f'"units";r={left}{more}', "RateLimit-Policy": policy}

    def _pay_up_to(self, price: float) -> None:
        if price <= self._paid:
            return
        bucket = self._bucket
        bucket.refill(self._clock())
        full = min(price, bucket.rate.burst)
        if bucket.left + _ROUNDING < full - self._paid:
            raise RateExceeded(
                f"This costs {price:.3g} units, and {max(0.0, bucket.left):.3g} are left of {bucket.rate.burst:.3g}, "
                f"which come back at {bucket.rate.per_second * 60:.3g} a minute (SWATH_RATE_LIMIT, SWATH_RATE_BURST).",
                retry_after_s=_whole_s((full - bucket.left) / bucket.rate.per_second),
            )
        bucket.left -= price - self._paid
        self._paid = price


def _whole_s(seconds: float) -> int:
    """Seconds as headers have them: at least one, and not one more because a sum of tenths is a hair too large."""
    return max(1, math.ceil(seconds - _ROUNDING_S))


class Rates:
    """The buckets of all callers of one worker, the most recent of them.

    Args:
        units_per_minute: Allowance of a caller, of all workers together.
        burst: Units that he may use at once, of all workers together.
        workers: Among how many both are shared out, as connections are.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        units_per_minute: float,
        burst: float,
        *,
        workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
        callers_max: int = CALLERS_MAX,
    ) -> None:
        self._units_per_minute = units_per_minute
        self._rate = Rate(per_second=units_per_minute / 60 / workers, burst=burst / workers)
        self._clock = clock
        self._callers_max = callers_max
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    @classmethod
    def from_settings(cls, settings: Settings) -> Rates | None:
        """The limits of ``SWATH_RATE_LIMIT``, or None when it is not set."""
        limit = settings.rate_limit
        return cls(limit, settings.rate_burst or limit, workers=settings.workers or 1) if limit else None

    def tab(self, key: ApiKey | None, address: str) -> Tab:
        """Open the tab of a request, by its key, else by the address that it comes from."""
        return Tab(self._bucket_of(key, address), self._clock)

    def _bucket_of(self, key: ApiKey | None, address: str) -> Bucket:
        name = f"key {key.id}" if key else address
        bucket = self._buckets.get(name)
        if bucket is not None:
            self._buckets.move_to_end(name)
            return bucket
        bucket = self._buckets[name] = Bucket(self._rate_of(key), self._clock())
        if len(self._buckets) > self._callers_max:
            self._buckets.popitem(last=False)
        return bucket

    def _rate_of(self, key: ApiKey | None) -> Rate:
        own = key.units_per_minute if key else None
        return self._rate if own is None else self._rate.times(own / self._units_per_minute)


_TAB: ContextVar[Tab | None] = ContextVar("swath_tab", default=None)


def open_tab(tab: Tab) -> None:
    """Let what this request does be charged to ``tab``."""
    _TAB.set(tab)


def current_tab() -> Tab | None:
    """Give the tab of this request, or None while it is charged to nobody."""
    return _TAB.get()


def charge(units: float) -> None:
    """Take what this request is about to cost from its caller's allowance; free while no limit is on.

    Raises:
        RateExceeded: He has not so much left.
    """
    tab = _TAB.get()
    if tab is not None:
        tab.charge(units)
