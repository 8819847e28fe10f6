"""What the package raises or warns with. Every message has a code, and says what was
found, where, what was expected and what to do."""

import warnings
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, Tuple

from . import (
    commands,
    component,
    corpora,
    embeddings,
    experiments,
    formats,
    training,
)

ROOMS = (component, embeddings, corpora, formats, experiments, training, commands)
ERRORS: Dict[str, str] = {k: v for room in ROOMS for k, v in room.ERRORS.items()}
WARNINGS: Dict[str, str] = {k: v for room in ROOMS for k, v in room.WARNINGS.items()}


class MoeeError(ValueError):
    """An error of this package: what was found, where, what to do.

    code (str): A key of `ERRORS`, such as "M001"; it opens the message.
    **values: What the message names.
    """

    def __init__(self, code: str, **values: Any) -> None:
        self.code = code
        self.values = values
        super().__init__(f"[{code}] {ERRORS[code].format(**values)}")

    def __reduce__(self) -> Tuple[Callable, Tuple]:
        return _rebuild, (self.code, self.values)


def _rebuild(code: str, values: Dict[str, Any]) -> MoeeError:
    return MoeeError(code, **values)


@contextmanager
def os_errors(code: str, **values: Any) -> Iterator[None]:
    """Raise what the operating system says in the block as an error of this package.

    code (str): A key of `ERRORS` whose message names a `reason`, and mostly a `file`.
    **values: What the message names; without a `file`, the system's own is taken.
    RAISES (MoeeError): The error.
    """
    try:
        yield
    except OSError as error:
        found = {"file": error.filename, "reason": error.strerror or error}
        raise MoeeError(code, **{**found, **values}) from error


def check_setting(
    valid: bool, argument: str, place: str, expected: str, found: object
) -> None:
    """Check a value that a config gives.

    valid (bool): Whether it is good.
    argument (str): The argument's name.
    place (str): What has the argument, such as a registered name.
    expected (str): Which values are good.
    found (object): The value.
    RAISES (MoeeError): M103, if it is not good.
    """
    if not valid:
        raise MoeeError(
            "M103", argument=argument, place=place, expected=expected, found=found
        )


def warn(code: str, **values: Any) -> None:
    """Emit the warning `code` of `WARNINGS`.

    code (str): A key of `WARNINGS`; it opens the message.
    **values: What the message names.
    """
    warnings.warn(f"[{code}] {WARNINGS[code].format(**values)}", stacklevel=3)
