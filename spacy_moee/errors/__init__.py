"""The errors and warnings of the package. Every message has a code, and says what was
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
    pictures,
    training,
)

MODULES = (
    *(component, embeddings, corpora, formats, experiments, training, commands),
    pictures,
)
ERRORS: Dict[str, str] = {k: v for m in MODULES for k, v in m.ERRORS.items()}
WARNINGS: Dict[str, str] = {k: v for m in MODULES for k, v in m.WARNINGS.items()}


class MoeeError(ValueError):
    """An error with a code.

    code (str): A key of `ERRORS`, such as "M001"; the message starts with it.
    **values: The values in the message.
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
    """Check a value of a config.

    valid (bool): Whether it is valid.
    argument (str): The name of the argument.
    place (str): What has the argument, such as a registered name.
    expected (str): The valid values.
    found (object): The value.
    RAISES (MoeeError): M103, if it is not valid.
    """
    if not valid:
        raise MoeeError(
            "M103", argument=argument, place=place, expected=expected, found=found
        )


def warn(code: str, **values: Any) -> None:
    """Emit a warning.

    code (str): A key of `WARNINGS`; the message starts with it.
    **values: The values in the message.
    """
    warnings.warn(f"[{code}] {WARNINGS[code].format(**values)}", stacklevel=3)
