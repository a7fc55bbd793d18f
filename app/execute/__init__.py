"""Where is work over many scenes done? In processes of this machine, or on a Dask cluster; the numbers are the same.

Work is one pure task over many texts, each of which says where a scene is. ``spread`` cuts them into parcels, an
``Executor`` has a parcel worked off, and ``work_off`` does that, with a runtime of its own, wherever it is called.
"""

from app.execute.choose import open_executor
from app.execute.executor import Executor
from app.execute.parcel import Outcome, Work
from app.execute.spread import spread

__all__ = ["Executor", "Outcome", "Work", "open_executor", "spread"]
