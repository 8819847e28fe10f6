"""Trained pipelines -> an ensemble."""

from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

from spacy.language import Language

from ..embeddings.shared import PLACE as SHARED
from ..embeddings.shared import join_embeddings
from ..errors import MoeeError
from .ensemble import ENSEMBLE, build_ensemble_tagger_v1
from .membership import MemberPipeline, check_members
from .parts import Pool, split_embeddings
from .types import MoEEModelT


class Trained(NamedTuple):
    """A model that becomes a member.

    name (str): What to call it.
    config (Dict[str, Any]): Its block in the config, without variables.
    model (Model[List[Doc], Scores]): The model; it is changed.
    labels (Sequence[str]): Its entity types.
    """

    name: str
    config: Dict[str, Any]
    model: MoEEModelT
    labels: Sequence[str]


class Joined(NamedTuple):
    """An ensemble.

    config (Dict[str, Any]): Its block in the config.
    model (Model[List[Doc], Scores]): The model.
    shared (Dict[str, List[str]]): The names of the members that read each embedding.
    """

    config: Dict[str, Any]
    model: MoEEModelT
    shared: Dict[str, List[str]]


def join_models(members: Sequence[Trained]) -> Joined:
    """Make an ensemble. Embeddings that are the same in several members are kept once.

    members (Sequence[Trained]): The members, of the same entity types in any order, and
        the same segments: the ensemble has the order and the settings of the first,
        its memory, too.
    RETURNS (Joined): The ensemble.
    RAISES (MoeeError): M109, for embeddings whose width is not known.
    """
    pool = Pool()
    blocks: Dict[str, Any] = {}
    shared: Dict[str, List[str]] = {}
    for member in members:
        tok2vec, block = member.model.get_ref("tok2vec"), member.config["tok2vec"]
        parts = split_embeddings("embeddings", block, tok2vec)
        names = [pool.add(part) for part in parts]
        for name in names:
            shared.setdefault(name, []).append(member.name)
        embed = {"@architectures": SHARED, "names": names}
        blocks[member.name] = {**_without_own(member.config), "tok2vec": embed}
        parts_of = {name: part.model for name, part in pool.parts.items()}
        member.model.replace_node(tok2vec, join_embeddings(parts_of, names))
    _check_widths(pool)
    first = members[0]
    numbers = [[*map(member.labels.index, first.labels)] for member in members]
    config = {
        "@architectures": ENSEMBLE,
        "threads": first.config.get("threads", 1),
        "segments": first.config.get("segments"),
        "memory": first.config.get("memory"),
        "embeddings": {name: part.config for name, part in pool.parts.items()},
        "members": blocks,
    }
    model = build_ensemble_tagger_v1(
        {name: part.model for name, part in pool.parts.items()},
        {member.name: member.model for member in members},
        first.model.attrs["segments"],
        config["threads"],
        first.model.attrs["memory"],
    )
    model.attrs["labels"] = numbers
    return Joined(config, model, shared)


def _without_own(config: Dict[str, Any]) -> Dict[str, Any]:
    """The block of a member: what it reads at once, threads and memory are those of the
    ensemble."""
    defaults = {"segments": None, "threads": 1, "memory": None}
    return {**config, **{k: v for k, v in defaults.items() if k in config}}


def _check_widths(pool: Pool) -> None:
    for name, part in pool.parts.items():
        if not part.model.has_dim("nO"):
            raise MoeeError(
                "M109",
                part=f"its embeddings '{name}'",
                problem=f"do not say how many columns they have ({part.model.name})",
                expected="a layer with the dimension nO",
            )


def join_pipelines(pipelines: Sequence[MemberPipeline]) -> Joined:
    """Put an ensemble into the first of several pipelines, in the place of its
    component. All else of it stays, but for its scores.

    pipelines (Sequence[MemberPipeline]): The pipelines; all are used up.
    RETURNS (Joined): The ensemble.
    RAISES (MoeeError): M027 and M028, for pipelines that can't be members of one.
    """
    check_members([*pipelines])
    for pipeline in pipelines:
        _replace_listeners(pipeline.nlp, pipeline.component)
    first = pipelines[0]
    members = [
        Trained(f"member_{number}", x.block, x.pipe.model, x.pipe.labels)
        for number, x in enumerate(pipelines, 1)
    ]
    joined, labels = join_models(members), [*first.pipe.labels]
    nlp, name = first.nlp, first.component
    for pipeline in pipelines[1:]:
        for string in pipeline.nlp.vocab.strings:
            nlp.vocab.strings.add(string)
    config = {**nlp.config.interpolate()["components"][name], "model": joined.config}
    factory, place = config.pop("factory"), nlp.component_names.index(name)
    nlp.remove_pipe(name)
    last = place == len(nlp.component_names)
    where: Dict[str, Any] = {"last": True} if last else {"before": place}
    pipe: Any = nlp.add_pipe(factory, name, config=config, **where)
    # what the config has made takes the same data as what it describes
    pipe.model.from_bytes(joined.model.to_bytes())
    pipe.cfg = {"labels": labels}
    return joined


def _replace_listeners(nlp: Language, component: str) -> None:
    """Give a component that reads the embeddings of another one its own copy."""
    paths = list(_find_listeners("model", nlp.get_pipe_config(component)["model"]))
    for name, pipe in nlp.pipeline:
        if getattr(pipe, "listener_map", {}).get(component):
            nlp.replace_listeners(name, component, paths)


def _find_listeners(path: str, block: Dict[str, Any]) -> Iterator[str]:
    """Where in a config the listeners are."""
    if "Listener" in block.get("@architectures", ""):
        yield path
    for key, value in block.items():
        if isinstance(value, dict):
            yield from _find_listeners(f"{path}.{key}", value)
