"""Whether numbers are finite, whatever library holds them."""

import math
from typing import Any

import numpy


def is_finite(values: Any) -> bool:
    """Look for NaN and infinity.

    values (ndarray / Tensor): Numbers of any shape and kind.
    RETURNS (bool): Whether there is neither.
    """
    # a sum is ten times as fast as a look at each; it can overflow, though
    with numpy.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(float(values.sum())) or math.isfinite(
            float(abs(values).max())
        )
