"""Turns: who is called when, and what is made of the seconds."""

from functools import partial
from typing import List, Optional

from benchmarks.turns import Turns, take_turns, timed


def test_all_are_called_in_each_round() -> None:
    calls: List[str] = []

    def call(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    turns = take_turns({name: partial(call, name) for name in "ab"}, rounds=2)
    assert calls == ["a", "b", "a", "b"]
    assert turns.seconds == {"a": [1.0, 3.0], "b": [2.0, 4.0]}


def test_what_has_nothing_left_is_not_called_again() -> None:
    left = {"a": [1.0, 2.0, 3.0], "b": [5.0], "c": []}
    calls: List[str] = []

    def call(name: str) -> Optional[float]:
        calls.append(name)
        return left[name].pop(0) if left[name] else None

    turns = take_turns({name: partial(call, name) for name in "abc"})
    assert turns.seconds == {"a": [1.0, 2.0, 3.0], "b": [5.0], "c": []}
    assert "".join(calls) == "abcabaa"


def test_figures() -> None:
    turns = Turns({"ours": [2.0, 1.0, 3.0], "bare": [1.0, 1.0, 2.0, 9.0]})
    assert turns.total("ours") == 6.0 and turns.least("ours") == 1.0
    assert turns.median("bare") == 1.5
    # of the rounds: 2, 1, 1.5; of the medians it would be 1.33
    assert turns.ratio("ours", "bare") == 1.5


def test_a_call_is_timed() -> None:
    done: List[int] = []
    assert 0 <= timed(lambda: done.append(1)) < 1 and done == [1]
