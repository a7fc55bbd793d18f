"""``mask=``: which pixels are left out, by the values of an asset."""

from __future__ import annotations

import re

from app.api.query import Query
from app.errors import LimitExceeded
from app.model.request import MaskRule

RULE = re.compile(
    r"(?P<name>.{1,200}):(?P<keep>keep(?:=|_(?=bits=)))?(?P<bits>bits=)?(?P<numbers>-?[0-9]{1,10}(?:,-?[0-9]{1,10})*)"
)
MASKS_MAX = 4
NUMBERS_MAX = 256
BIT_MAX = 63


def parse_masks(query: Query) -> tuple[MaskRule, ...]:
    """Read every ``mask``.

    Raises:
        BadRequest: One is not written as a mask is.
        LimitExceeded: There are too many, or one has too many values.
    """
    texts = query.all("mask")
    if len(texts) > MASKS_MAX:
        raise LimitExceeded(f"These are {len(texts)} masks, {MASKS_MAX} are applied at most; leave some out.")
    return tuple(_rule(query, text) for text in texts)


def _rule(query: Query, text: str) -> MaskRule:
    match = RULE.fullmatch(text)
    if match is None:
        raise query.fault("mask", text, "is not a mask; write SCL:3,8,9,10, SCL:keep=4,5,6 or QA_PIXEL:bits=1,3,4")
    numbers = tuple(sorted({int(number) for number in match["numbers"].split(",")}))
    if len(numbers) > NUMBERS_MAX:
        raise LimitExceeded(f"A mask has {len(numbers)} values, {NUMBERS_MAX} are looked for at most.")
    keep = match["keep"] is not None
    if match["bits"] is None:
        return MaskRule(name=match["name"], values=numbers, keep=keep)
    if not 0 <= numbers[0] <= numbers[-1] <= BIT_MAX:
        raise query.fault("mask", text, f"names a bit that is not 0 to {BIT_MAX}")
    return MaskRule(name=match["name"], bits=numbers, keep=keep)
