"""After how long a platform that counts whole minutes ends a run."""

import math

from migrator.assumptions import Assumptions


def whole_minutes(p_max_s: float | None, assumptions: Assumptions) -> float:
    """Seconds: the upper bound with headroom in whole minutes, one at least; an unmeasured job gets the assumed time."""
    if p_max_s is None:
        return assumptions.unmeasured_timeout_s
    return float(max(60 * math.ceil(p_max_s * assumptions.run_time_headroom / 60), 60))
