"""Files that are complete or not there."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator

from ...errors import MoeeError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file beside its place, and rename it when all went well. An error leaves
    what was there, and nothing else.

    path (Path): The file.
    YIELDS (Path): The name to write to.
    RAISES (MoeeError): M216, for an error of the operating system in the block.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        problem = error.strerror or error
        raise MoeeError("M216", path=path, problem=problem) from None
    finally:
        with suppress(OSError):
            draft.unlink()
