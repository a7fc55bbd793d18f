"""The differences that are meant, by what they are about."""

from __future__ import annotations

from benchmarks.parity.deliberate_documents import DOCUMENTS
from benchmarks.parity.deliberate_faults import FAULTS
from benchmarks.parity.deliberate_numbers import NUMBERS
from benchmarks.parity.deliberate_pictures import PICTURES

SECTIONS = {"Pictures and arrays": PICTURES, "Numbers": NUMBERS, "Documents": DOCUMENTS, "Broken requests": FAULTS}
DELIBERATE = {key: each for section in SECTIONS.values() for key, each in section.items()}
