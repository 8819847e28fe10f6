"""Which of a test's parameters run only with `-m slow`."""

from typing import Any, List

import pytest


def slow(*values: Any) -> List[Any]:
    """Parameters that take long, beside cheaper ones that show the same.

    A tuple is the values of several arguments.
    """
    rows = [value if isinstance(value, tuple) else (value,) for value in values]
    return [pytest.param(*row, marks=pytest.mark.slow) for row in rows]
