"""Training that goes on from a trained pipeline."""

from typing import Any, Callable, cast

from spacy.language import Language
from spacy.util import copy_config, load_model, registry
from thinc.api import Model

from ..errors import MoeeError


def make_take_over(source: str) -> Callable[[Language], Language]:
    """Take over what the components of another pipeline work with: its vocabulary, with
    word vectors of any kind, and its tokenizer. Registered as
    `spacy_moee.take_over.v1`, a callback for [initialize.before_init], for a config
    whose components have `source` set to the same pipeline.

    source (str): The trained pipeline: a folder, or the name of a package.
    RETURNS (Callable[[Language], Language]): The callback.
    RAISES (MoeeError): M720, if a component listens to one that was left behind.
    """

    def take_over(nlp: Language) -> Language:
        # the components themselves are there already, and an encoder is large
        base = load_model(source, exclude=nlp.component_names)
        _check_listeners(nlp, source)
        ours, theirs = nlp.config["nlp"], base.config["nlp"]
        if ours["vectors"] != theirs["vectors"]:
            # made with vectors of another kind, they would say W113 for nothing
            nlp.meta.pop("_sourced_vectors_hashes", None)
        vocab = base.vocab.to_bytes(exclude=["vectors"])
        nlp.vocab.from_bytes(vocab, exclude=["vectors"])
        nlp.vocab.vectors = base.vocab.vectors
        for part in ("tokenizer", "vectors"):
            ours[part] = copy_config(theirs[part])
        create = registry.resolve({"tokenizer": theirs["tokenizer"]})["tokenizer"]
        tokenizer, before = create(nlp), cast(Any, base.tokenizer)
        nlp.tokenizer = tokenizer.from_bytes(before.to_bytes(exclude=["vocab"]))
        return nlp

    return take_over


def _check_listeners(nlp: Language, source: str) -> None:
    """See that every component that shares embeddings has something to share. Those of
    the source are disabled while spaCy initializes the others."""
    shared = {name for name, pipe in nlp.components if hasattr(pipe, "add_listener")}
    for name, pipe in nlp.components:
        model = getattr(pipe, "model", None)
        for node in model.walk() if isinstance(model, Model) else ():
            upstream = getattr(node, "upstream_name", None)
            # a star stands for whichever there is
            if upstream not in (None, *shared) and not (upstream == "*" and shared):
                raise MoeeError("M720", source=source, name=name, upstream=upstream)
