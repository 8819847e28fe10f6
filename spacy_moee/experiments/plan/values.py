"""Values of an experiment file, checked as they are read."""

import json
from pathlib import Path
from typing import Annotated, Any, Dict, List

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ...insight.metrics_table import plain


def refuse(key: str, found: Any, expected: str) -> PydanticCustomError:
    """Make an error about a key of the table that is checked.

    key (str): The key.
    found (Any): Its value.
    expected (str): What it should be, a sentence.
    RETURNS (PydanticCustomError): The error.
    """
    context = {"key": key, "found": found, "expected": expected}
    return PydanticCustomError("table", "{expected}", context)


def check_name(name: str) -> str:
    """Check a name. RETURNS (str): It. RAISES (ValueError): If it can't be shown."""
    if not name or name != plain(name):
        raise ValueError("a name should be printable characters in one line")
    return name


def check_unique(values: List[Any]) -> List[Any]:
    """Check a list. RETURNS (List[Any]): It. RAISES (ValueError): If a value comes
    twice."""
    if len({*values}) < len(values):
        raise ValueError("no value should stand there twice")
    return values


def _check_values(values: Dict[str, JsonValue]) -> Dict[str, JsonValue]:
    for name, value in values.items():
        if "." not in name:
            expected = "Expected a dotted name, such as training.max_epochs"
            raise refuse(name, value, expected)
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            raise refuse(name, value, "Numbers should be finite") from None
    return values


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
File = Annotated[Path, Field(strict=False)]
Name = Annotated[str, AfterValidator(check_name)]
# what numpy's random numbers take
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Seeds = Annotated[List[Seed], Field(min_length=1), AfterValidator(check_unique)]
Values = Annotated[Dict[str, JsonValue], AfterValidator(_check_values)]


class Table(BaseModel):
    """A mapping of the file, which has these keys and no other."""

    model_config = ConfigDict(strict=True)

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, value: Any) -> Any:
        known = [name for name, x in cls.model_fields.items() if not x.exclude]
        for key in value if isinstance(value, dict) else ():
            if key not in known:
                expected = f"No such key; there are {', '.join(known)}"
                raise refuse(str(key), value[key], expected)
        return value
