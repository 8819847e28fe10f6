"""Several trained taggers as one model, which does not train."""

from functools import partial
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Model

from ..embeddings.shared import NAME, PLACE, join_embeddings
from ..errors import MoeeError, check_setting
from ..networks.ensemble import refuse_to_learn
from . import wrapper
from .families import EntityType, Family, MemberModel
from .generated import Generated
from .memory import NO_MEMORY, DocumentMemory
from .origins import Origins
from .segments import Segmenter, make_sentence_segments
from .threads import use_threads
from .types import BackpropT, MoEEModelT, Scores, Tok2VecT

ENSEMBLE = "spacy_moee.EnsembleTagger.v1"


def build_ensemble_tagger_v1(
    embeddings: Dict[str, Any],
    members: Dict[str, Any],
    segments: Optional[Segmenter] = None,
    threads: int = 1,
    memory: Optional[DocumentMemory] = None,
) -> MoEEModelT:
    """Build an ensemble: the probability of each tag of a token is the mean of those
    that the members give it, and the best legal sequence of these is chosen. Gates and
    entity detection are means, too, if all members have them. `python -m spacy moee
    ensemble` makes a pipeline of trained ones, and writes this config. An ensemble does
    not train. Registered as `spacy_moee.EnsembleTagger.v1`.

    embeddings (Dict[str, Model[List[Doc], List[Floats2d]]]): What the members read, by
        name. Each is computed once for all of them.
    members (Dict[str, Model[List[Doc], Scores]]): Taggers, such as
        `spacy_moee.MoEETagger.v1`, by any name. The tok2vec of each is a
        `spacy_moee.SharedEmbed.v1` that names some of the embeddings. Its own
        `segments`, `threads` and `memory` are not read.
    segments (Optional[Segmenter]): What all networks read at once; by default
        `spacy_moee.sentence_segments.v1`.
    threads (int): Threads of prediction; see `build_moee_tagger_v1`.
    memory (Optional[DocumentMemory]): What a doc says elsewhere; see there.
    RETURNS (Model[List[Doc], Scores]): The model; what it knows is loaded.
    RAISES (MoeeError): M103, for values that can't be; M109, for members that do not
        fit.
    """
    check_setting(threads >= 0, "threads", ENSEMBLE, "0 or more", threads)
    check_setting(len(members) > 0, "members", ENSEMBLE, "one model or more", "empty")
    # not in the signature: a config's schema takes no models inside of a dict
    for name, layer in embeddings.items():
        place = f"embeddings.{name}"
        check_setting(isinstance(layer, Model), place, ENSEMBLE, "a layer", layer)
    for name, member in members.items():
        _bind(name, member, embeddings)
    domains = {family.domain for family in _generated(members.values())}
    check_setting(len(domains) < 2, "domain", ENSEMBLE, "one for all members", domains)
    tok2vec = join_embeddings(embeddings, [*embeddings])
    return Model(
        "moee_ensemble",
        forward,
        init=init,
        layers=[tok2vec, *members.values()],
        refs={"tok2vec": tok2vec},
        attrs={
            "dropout_rate": 0.0,
            "dropout": None,
            "segments": segments or make_sentence_segments(),
            "family": Ensemble(),
            "threads": partial(use_threads, threads),
            "memory": memory or NO_MEMORY,
            # of each member, its own number of each entity type
            "labels": [],
        },
    )


def _bind(name: str, member: MoEEModelT, embeddings: Dict[str, Tok2VecT]) -> None:
    """Give a member the embeddings that it names. Raises M109."""
    known = ", ".join(embeddings) or "none"
    problem = ""
    family = member.attrs.get("family") if isinstance(member, Model) else None
    if not isinstance(family, Family) or isinstance(family, Ensemble):
        kind = getattr(member, "name", type(member).__name__)
        problem = f"is a model of another kind ('{kind[:60]}')"
        expected = "a tagger of this package, such as spacy_moee.MoEETagger.v1"
    else:
        tok2vec = member.layers[0]
        names = tok2vec.attrs.get("names", [])
        expected = f"{PLACE} as its tok2vec, with names of: {known}"
        if tok2vec.name != NAME:
            problem = f"reads embeddings of its own ('{tok2vec.name[:60]}')"
        elif not names or not {*names} <= {*embeddings}:
            problem = f"reads {', '.join(names) or 'no embeddings'}"
    if problem:
        part = f"its member '{name}'"
        raise MoeeError("M109", part=part, problem=problem, expected=expected)
    tok2vec._layers = [embeddings[name] for name in names]


class Ensemble(Family):
    """Models whose networks speak as one."""

    def members(self, model: MoEEModelT) -> List[MemberModel]:
        """List them. See `Family.members`."""
        tok2vec, *models = model.layers
        columns: Dict[int, Tuple[int, int]] = {}
        end = 0
        for layer in tok2vec.layers:
            start, end = end, end + (layer.maybe_get_dim("nO") or 0)
            columns[layer.id] = start, end
        labels = model.attrs["labels"] or [[]] * len(models)
        # layers, not references, which copies of a model do not have
        return [
            MemberModel(
                member,
                [columns[layer.id] for layer in member.layers[0].layers],
                own,
            )
            for member, own in zip(models, labels, strict=True)
        ]

    def find_origins(
        self, model: MoEEModelT, docs: Sequence[Doc], is_train: bool
    ) -> Optional[Origins]:
        """Say where docs come from, if a member asks for it."""
        for member in model.layers[1:]:
            family: Family = member.attrs["family"]
            origins = family.find_origins(member, docs, is_train)
            if origins is not None:
                return origins
        return None

    def set_type(
        self, model: MoEEModelT, vocab: Vocab, labels: Sequence[str], new: EntityType
    ) -> bool:
        """Nothing can be added. RAISES (MoeeError): M108."""
        raise MoeeError("M108", label=new.label, labels=list(labels))


def _generated(members: Iterable[MoEEModelT]) -> List[Generated]:
    families = (member.attrs["family"] for member in members)
    return [family for family in families if isinstance(family, Generated)]


def init(
    model: MoEEModelT, X: Optional[List[Doc]] = None, Y: Optional[List[str]] = None
) -> None:
    """Nothing is learned. RAISES (MoeeError): M107."""
    refuse_to_learn()


def forward(
    model: MoEEModelT, docs: List[Doc], is_train: bool
) -> Tuple[Scores, BackpropT]:
    """Embed, cut and pad once, and score with all networks."""
    if is_train:
        refuse_to_learn()
    return wrapper.forward(model, docs, is_train)
