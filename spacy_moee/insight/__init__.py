"""What a person looks at: pictures of what a pipeline says, and tables of figures."""

from .ents import render_ents
from .gates import render_gates

__all__ = ["render_ents", "render_gates"]
