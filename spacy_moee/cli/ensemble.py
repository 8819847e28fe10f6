"""`python -m spacy moee ensemble`: several trained pipelines as one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Dict, List, Optional, Tuple

from typer import Argument, Option
from wasabi import msg

from ..errors import os_errors
from ..files import whole_folder
from . import app, find_component, full_name, load_pipeline
from .prune_vectors import mb, size_of

if TYPE_CHECKING:
    from spacy.language import Language

    from ..models.membership import MemberPipeline

# fmt: off
Output = Annotated[Path, Argument(metavar="OUTPUT", help="Folder for the pipeline that is made")]  # noqa: E501
Models = Annotated[List[str], Argument(metavar="MODEL...", help="Two trained pipelines or more: folders, or names of packages. They are not changed. All but the recogniser comes from the first")]  # noqa: E501
Name = Annotated[Optional[str], Option("--component", "-c", help="The component, if a pipeline has several moee_ner")]  # noqa: E501
# fmt: on
HEADER = ("Member", "Architecture", "Entity types")


@app.command("ensemble")
def ensemble_cli(output: Output, models: Models, component: Name = None) -> None:
    """
    Make one pipeline of several trained ones. For each token, the probabilities that
    their recognisers give to its tags are averaged, which finds more entities, also in
    other domains, than one of them does. The result is a pipeline like any other, but
    it does not train. What several members have, such as an encoder that is not
    trained, is saved once and computed once. Members may have different recipes.
    """
    from ..embeddings.subset import check_output
    from ..models.joining import join_pipelines
    from ..models.membership import MemberPipeline, check_count

    check_count(models)
    members = []
    for model in models:
        nlp = load_pipeline(model)
        check_output(output, nlp.path)
        name = find_component(nlp, model, component)
        members.append(MemberPipeline(model, nlp, name))
    rows = [describe(member) for member in members]
    compare_thresholds(members)
    joined = join_pipelines(members)
    nlp = members[0].nlp
    describe_meta(nlp, members)
    before = [size_of(member.nlp.path) for member in members]
    with os_errors("M705", output=output), whole_folder(output) as draft:
        nlp.to_disk(draft)
    msg.table(rows, header=HEADER, divider=True, max_col=80)
    report(joined.shared, len(members))
    sizes = " + ".join(map(mb, before))
    msg.good(f"Saved the ensemble ({sizes} -> {mb(size_of(output))}): {output}")


def describe(member: "MemberPipeline") -> Tuple[str, str, str]:
    """One row of the table, and a warning if something is dropped."""
    if member.pipe.temperature != 1:
        msg.warn(
            f"{member.model} is calibrated (temperature "
            f"{member.pipe.temperature:.2f}). That is not kept: a mean of several "
            "needs a temperature of its own. Calibrate the ensemble with "
            "`python -m spacy moee calibrate`."
        )
    architecture = member.block["@architectures"]
    return member.model, architecture, ", ".join(member.pipe.labels)


def compare_thresholds(members: List["MemberPipeline"]) -> None:
    """Warn of members whose threshold is not that of the ensemble."""
    first = members[0].pipe.threshold
    others = [
        f"{member.model} ({member.pipe.threshold:.2f})"
        for member in members
        if member.pipe.threshold != first
    ]
    if others:
        msg.warn(
            f"The ensemble has the threshold of the first, {first:.2f}, and not "
            f"{', '.join(others)}. Set another one when it is loaded, or in its config."
        )


def describe_meta(nlp: "Language", members: List["MemberPipeline"]) -> None:
    """Say in meta.json what the pipeline is. What it scores is not known."""
    names = [full_name(member.nlp) for member in members]
    nlp.meta.pop("performance", None)
    nlp.meta["name"] = f"{nlp.meta['name']}_ensemble"
    nlp.meta["description"] = f"Ensemble of {len(names)} pipelines: {', '.join(names)}"
    nlp.meta["members"] = [
        {"model": member.model, "name": name}
        for member, name in zip(members, names, strict=True)
    ]


def report(shared: Dict[str, List[str]], count: int) -> None:
    """Show what is kept once for several members."""
    parts = [
        f"{name} ({'all' if len(users) == count else ', '.join(users)})"
        for name, users in shared.items()
        if len(users) > 1
    ]
    found = ", ".join(parts) or "nothing, since no two members have the same embeddings"
    msg.text(f"Saved and computed once: {found}.")
