"""What was written for spaCy's `ner` and is given to `moee_ner`: settings, labels."""

import sys
from inspect import Parameter, Signature, unwrap
from types import FrameType, MappingProxyType
from typing import Any, Callable, Dict, List, Mapping, Optional, TypeVar

from spacy.language import Language

from .errors import MoeeError

# settings of the factories `ner` and `beam_ner` that tell their parser what to do
SETTINGS = (
    "moves",
    "update_with_oracle_cut_size",
    "beam_width",
    "beam_density",
    "beam_update_prob",
)
# and those of its model that no model of ours has
MODEL_SETTINGS = (
    "state_type",
    "extra_state_tokens",
    "maxout_pieces",
    "use_upper",
    "nO",
)
PARSER, OURS = "TransitionBasedParser", "spacy_moee.MoEETagger.v1"

# the actions of the parser, as the keys of `label_data`: B, I, L and U of each type,
# and two that have no type
WITH_TYPE, WITHOUT_TYPE = ("1", "2", "3", "4"), ("0", "5")

FactoryT = TypeVar("FactoryT", bound=Callable)


class FactorySignature(Signature):
    """The arguments of a factory, which spaCy asks for when it makes a component. It
    then refuses settings without an argument, in words of its own; and an argument
    that is there only to be refused would be in every config, with a default. So
    settings of the transition parser are looked for here."""

    @property
    def parameters(self) -> MappingProxyType[str, Parameter]:
        """RETURNS (Mapping[str, Parameter]): The arguments.
        RAISES (MoeeError): M015, while a component is made with settings of the
            parser."""
        made = _find_creation()
        if made is not None:
            check_settings(made["config"], made["name"])
        return super().parameters


def refuses_parser_settings(factory: FactoryT) -> FactoryT:
    """Make a factory refuse the settings of spaCy's transition parser with a code.

    factory (Callable): The factory.
    RETURNS (Callable): The same function.
    """
    factory.__signature__ = FactorySignature.from_callable(factory)  # type: ignore[attr-defined]
    return factory


def _find_creation() -> Optional[Mapping[str, Any]]:
    """The variables of the `Language.create_pipe` that is running, if one is: spaCy
    shows a config to nobody before it refuses it. Without them the words are its own.
    """
    create = getattr(unwrap(Language.create_pipe), "__code__", None)
    frame: Optional[FrameType] = sys._getframe(1)
    while frame is not None and frame.f_code is not create:
        frame = frame.f_back
    return None if frame is None else frame.f_locals


def check_settings(config: Mapping[str, Any], name: str) -> None:
    """Check that the settings of a component hold none of the transition parser.

    config (Mapping[str, Any]): Its block of a config.
    name (str): The component's name, for the error.
    RAISES (MoeeError): M015, which lists them all; M016, if there is nothing but its
        model.
    """
    found = [key for key in SETTINGS if key in config]
    model, change = config.get("model"), ""
    block: Mapping[str, Any] = model if isinstance(model, dict) else {}
    architecture = str(block.get("@architectures", ""))
    if PARSER in architecture:
        kept = ("@architectures", "tok2vec")
        found += [f"model.{key}" for key in block if key not in kept]
        change = f"; replace '{architecture}' in its model by '{OURS}'"
    elif architecture.startswith("spacy_moee."):
        found += [f"model.{key}" for key in MODEL_SETTINGS if key in block]
    if found:
        raise MoeeError("M015", name=name, found=", ".join(found), change=change)
    if change:
        raise MoeeError("M016", name=name, found=architecture)


def read_label_data(labels: Any) -> Any:
    """Read the entity types off the `label_data` of spaCy's `ner`, as it is in memory
    or as `spacy init labels` writes it: the types of each action, with their counts.

    labels (Any): What may be such `label_data`.
    RETURNS (Any): The types, sorted, as `ner` sorts its own; or what was given, if it
        is anything else.
    """
    if not isinstance(labels, dict) or not all(map(_is_counts, labels.values())):
        return labels
    types: Dict[str, List[str]] = {
        str(action): sorted(filter(None, counts)) for action, counts in labels.items()
    }
    found = [types.pop(action, None) for action in WITH_TYPE]
    rest = [types.pop(action, []) for action in WITHOUT_TYPE]
    is_complete = found[0] is not None and found.count(found[0]) == len(found)
    return found[0] if is_complete and not types and not any(rest) else labels


def _is_counts(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(label, str) and isinstance(count, int)
        for label, count in value.items()
    )
