"""Whatever is compared takes turns, so that a busy machine slows all of it down."""

import time
from statistics import median
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional

# runs once; the seconds that count, or None when nothing is left to run
Timed = Callable[[], Optional[float]]


class Turns(NamedTuple):
    """What each round took.

    seconds (Dict[Any, List[float]]): By name, those of each round.
    """

    seconds: Dict[Any, List[float]]

    def total(self, name: Any) -> float:
        """RETURNS (float): The seconds of all rounds."""
        return sum(self.seconds[name])

    def least(self, name: Any) -> float:
        """RETURNS (float): The seconds of the fastest round."""
        return min(self.seconds[name])

    def median(self, name: Any) -> float:
        """RETURNS (float): The median seconds."""
        return median(self.seconds[name])

    def ratio(self, name: Any, base: Any) -> float:
        """RETURNS (float): How many times longer one takes than another: the median of
        the rounds that both have."""
        pairs = zip(self.seconds[name], self.seconds[base], strict=False)
        return median(one / other for one, other in pairs)


def take_turns(calls: Mapping[Any, Timed], rounds: Optional[int] = None) -> Turns:
    """Call one after the other in each round.

    calls (Mapping[Any, Timed]): What is called, by its name. What returns None has
        nothing left, and is not called again.
    rounds (Optional[int]): How often; None until nothing is left.
    RETURNS (Turns): The seconds.
    """
    seconds: Dict[Any, List[float]] = {name: [] for name in calls}
    running = dict(calls)
    while running and rounds != 0:
        for name, call in list(running.items()):
            found = call()
            if found is None:
                del running[name]
            else:
                seconds[name].append(found)
        rounds = None if rounds is None else rounds - 1
    return Turns(seconds)


def timed(call: Callable[[], object]) -> float:
    """Call something once. RETURNS (float): The seconds that it took."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
