"""Texts that are read at the same time share a memory zone, and leave it."""

import asyncio
import threading
import time
from contextlib import contextmanager
from typing import Any, Iterator, List

import pytest

from spacy_moee.web import turns
from spacy_moee.web.turns import Busy, Turns


class Zones:
    """A pipeline that counts its memory zones."""

    def __init__(self) -> None:
        self.is_open = False
        self.count = 0

    @contextmanager
    def memory_zone(self) -> Iterator[None]:
        assert not self.is_open
        self.is_open = True
        self.count += 1
        yield
        self.is_open = False


def test_zone_is_left_while_texts_keep_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "ZONE", 5)
    nlp: Any = Zones()
    lock, active, most = threading.Lock(), 0, 0

    def read(i: int) -> int:
        nonlocal active, most
        with lock:
            active += 1
            most = max(most, active)
        assert nlp.is_open
        # of different lengths, so that there is always one
        time.sleep(0.001 * (1 + i % 3))
        assert nlp.is_open
        with lock:
            active -= 1
        return i

    async def main() -> List[int]:
        found = Turns(nlp, at_once=3, waiting=100)
        return await asyncio.gather(*(found.read(read, i) for i in range(40)))

    assert asyncio.run(main()) == list(range(40))
    assert most == 3 and nlp.count >= 40 / 5 and not nlp.is_open


def test_zone_lasts_as_long_as_a_thread_whose_task_is_cancelled() -> None:
    nlp: Any = Zones()
    begun, go_on = threading.Event(), threading.Event()

    def read() -> None:
        begun.set()
        assert go_on.wait(60)

    async def main() -> None:
        found = Turns(nlp, at_once=1, waiting=1)
        task = asyncio.create_task(found.read(read))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert nlp.is_open and found.active == 1
        go_on.set()
        assert await found.read(lambda: 7) == 7
        await asyncio.sleep(0)
        assert not nlp.is_open and found.active == 0

    asyncio.run(main())


def test_what_can_wait_is_limited() -> None:
    go_on = threading.Event()

    async def main() -> None:
        nlp: Any = Zones()
        found = Turns(nlp, at_once=1, waiting=1)
        tasks = [asyncio.create_task(found.read(go_on.wait, 60)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await found.read(go_on.wait, 60)
        go_on.set()
        assert await asyncio.gather(*tasks) == [True, True]

    asyncio.run(main())


def test_error_ends_a_turn() -> None:
    def fail() -> None:
        raise KeyError

    async def main() -> None:
        nlp: Any = Zones()
        found = Turns(nlp, at_once=1, waiting=1)
        for _ in range(3):
            with pytest.raises(KeyError):
                await found.read(fail)
        await asyncio.sleep(0)
        assert not nlp.is_open and nlp.count == 3

    asyncio.run(main())
