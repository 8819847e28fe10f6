"""When a text is read: a few at a time, and none of their words is kept."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, TypeVar

if TYPE_CHECKING:
    from spacy.language import Language

T = TypeVar("T")
# texts that share a memory zone while new ones keep coming
ZONE = 100


class Busy(Exception):
    """Too many texts wait."""


class Turns:
    """Texts that are read at the same time share one of spaCy's memory zones: once none
    is being read, the vocabulary forgets their words. Nothing else may use it. All
    methods are called in one event loop.

    nlp (Language): The pipeline.
    at_once (int): How many texts are read at a time.
    waiting (int): How many others may wait.
    """

    def __init__(self, nlp: "Language", at_once: int, waiting: int) -> None:
        self.nlp = nlp
        self.at_once = at_once
        self.waiting = waiting
        self.active = 0
        self._begun = 0
        self._pool = ThreadPoolExecutor(at_once)
        # in the order in which they came
        self._queue: Dict[asyncio.Event, None] = {}
        self._zone: Optional[AbstractContextManager[Any]] = None

    async def read(self, function: Callable[..., T], *args: Any) -> T:
        """Wait for a turn, and call a function in a thread.

        function (Callable[..., T]): What reads a text. What it returns must not be of
            the vocabulary.
        *args (Any): Its arguments.
        RETURNS (T): What it returns.
        RAISES (Busy): If too many texts wait.
        """
        await self._wait()
        self._begin()
        # Thinc keeps the device in a context variable
        future = self._pool.submit(copy_context().run, function, *args)
        loop = asyncio.get_running_loop()

        # a task that is cancelled ends before its thread does
        def end(_: Future) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._end)

        future.add_done_callback(end)
        return await asyncio.wrap_future(future)

    async def _wait(self) -> None:
        if self._is_full() and len(self._queue) >= self.waiting:
            raise Busy
        while self._is_full():
            event = asyncio.Event()
            self._queue[event] = None
            try:
                await event.wait()
            finally:
                del self._queue[event]

    def _is_full(self) -> bool:
        # a zone that is never empty would grow for ever
        return self.active >= self.at_once or self._begun >= ZONE

    def _begin(self) -> None:
        if self._zone is None:
            self._zone = self.nlp.memory_zone()
            self._zone.__enter__()
        self.active += 1
        self._begun += 1

    def _end(self) -> None:
        self.active -= 1
        if self.active == 0 and self._zone is not None:
            self._zone.__exit__(None, None, None)
            self._zone, self._begun = None, 0
        for event in self._queue:
            event.set()
