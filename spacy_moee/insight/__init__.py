"""What a person looks at: pictures of what a pipeline says, and tables of figures."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ents import render_ents
    from .gates import render_gates

__all__ = ["render_ents", "render_gates"]
_MODULES = {"render_ents": "ents", "render_gates": "gates"}


def __getattr__(name: str) -> Any:
    # spaCy loads the colours of types, and with them this package, at every training
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
