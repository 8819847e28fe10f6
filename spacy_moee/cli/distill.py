"""`python -m spacy moee distill`: a pipeline learns from another one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Optional

import typer
from typer import Argument, Option
from typer.core import TyperCommand
from wasabi import msg

from ..errors import MoeeError, os_errors
from . import app, find_component, full_name, load_pipeline, show_warning

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import DocBin

    from ..training.distillation import Recipe
    from ..training.teacher import Teacher

# fmt: off
TeacherArg = Annotated[str, Argument(metavar="TEACHER", help="Trained pipeline to learn from: a folder, or the name of a package")]  # noqa: E501
Texts = Annotated[Optional[List[Path]], Argument(metavar="[TEXT]...", help="Texts that the teacher reads, without annotation: .spacy, .txt and .jsonl files, or folders of them; by default those of the training corpus", show_default=False)]  # noqa: E501
Output = Annotated[Path, Argument(metavar="OUTPUT", help="Folder for the trained pipeline, with what the teacher says and the config", file_okay=False)]  # noqa: E501
ConfigOpt = Annotated[Path, Option("--config", "-C", metavar="RECIPE", exists=True, dir_okay=False, help="The training config of the student")]  # noqa: E501
Name = Annotated[Optional[str], Option("--component", "-n", help="The teacher's component, if there are several moee_ner")]  # noqa: E501
Gold = Annotated[bool, Option("--gold/--no-gold", help="Also learn from the annotation of the training corpus")]  # noqa: E501
Weight = Annotated[float, Option("--weight", "-w", help="How much a token of the texts counts beside an annotated one")]  # noqa: E501
Prepare = Annotated[bool, Option("--prepare", help="Write what the teacher says and the config, to train later with spacy train")]  # noqa: E501
Code = Annotated[Optional[Path], Option("--code", "-c", help="Python file with more registered functions")]  # noqa: E501
GpuOpt = Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")]
# fmt: on
SOFT, CONFIG = "teacher.spacy", "config.cfg"


class WithOverrides(TyperCommand):
    """A command that takes values of a config as `spacy train` does, beside any number
    of arguments, which click would put them to."""

    def parse_args(self, ctx: Any, args: List[str]) -> List[str]:
        """Set values such as `--paths.train FILE` aside, as `ctx.obj`."""
        rest: List[str] = []
        ctx.obj = overrides = []
        while args:
            name = args.pop(0)
            if name == "--":
                rest += [name, *args]
                break
            if not (name.startswith("--") and "." in name.split("=")[0]):
                rest.append(name)
                continue
            overrides.append(name)
            if "=" not in name and args and not args[0].startswith("--"):
                overrides.append(args.pop(0))
        return super().parse_args(ctx, rest)


@app.command("distill", cls=WithOverrides)
def distill_cli(
    ctx: typer.Context,
    teacher: TeacherArg,
    *,
    texts: Texts = None,
    output: Output,
    config: ConfigOpt,
    component: Name = None,
    gold: Gold = True,
    weight: Weight = 1.0,
    prepare: Prepare = False,
    code: Code = None,
    gpu_id: GpuOpt = -1,
) -> None:
    """
    Train a small pipeline to say what a large one says. The teacher reads texts that
    need no annotation, each as a whole, and says how likely each tag is; the student
    learns that, beside the annotation of the training corpus. Override values of the
    config as for `spacy train`, such as --paths.vectors FOLDER. OUTPUT gets model-best
    and model-last.
    """
    from spacy.cli._util import import_code, parse_config_overrides
    from spacy.cli.train import train

    from ..devices import use_device

    overrides = parse_config_overrides(ctx.obj)
    import_code(code)
    use_device(gpu_id)
    recipe = load_recipe(config, overrides)
    say(teacher, component, texts or [], recipe, output, gold, weight)
    if prepare:
        msg.text(f"Train: python -m spacy train {output / CONFIG} --output {output}")
    else:
        train(output / CONFIG, output, use_gpu=gpu_id)


def load_recipe(path: Path, overrides: Dict[str, Any]) -> "Recipe":
    """Read the config of the student, with its variables. Raises M628."""
    from spacy.cli._util import show_validation_error
    from spacy.util import load_config

    from ..training.distillation import Recipe

    with show_validation_error(path):
        config = load_config(path, overrides=overrides, interpolate=False)
        return Recipe(config, str(path))


def say(
    model: str,
    component: Optional[str],
    paths: List[Path],
    recipe: "Recipe",
    output: Path,
    gold: bool,
    weight: float,
) -> None:
    """Write what the teacher says, and the config of the student, both or none. Raises
    M626 and M627 for a teacher that does not fit, M628 without any text."""
    from spacy.tokens import DocBin

    from ..corpora.texts import find_texts
    from ..embeddings.subset import check_apart
    from ..files import write_all
    from ..training.distillation import check_types
    from ..training.soft import make_soft_corpus
    from ..training.teacher import ATTRS, Teacher

    make_soft_corpus(output / SOFT, weight=weight)  # before hours of work
    files = find_texts(paths or [recipe.corpus_path])
    nlp: Any = load_pipeline(model)
    check_apart(output, nlp.path)
    name = find_component(nlp, model, component)
    # as the meta data of the student name it
    teacher = Teacher(nlp, name, f"{full_name(nlp)} ({model})")
    student = recipe.make_tokenizer()
    if gold:
        examples, named = recipe.read_gold(student), (teacher.source, recipe.name)
        if missing := check_types(examples, teacher.labels, *named):
            values = {"teacher": teacher.source, "labels": ", ".join(missing)}
            show_warning("MW09", **values)
    docs = DocBin(attrs=ATTRS, store_user_data=True)
    n_words = read(teacher, files, student, docs)
    if not n_words:
        found = ", ".join(map(str, files))
        raise MoeeError("M628", config=recipe.name, problem=f"no text in {found}")
    config = recipe.make_student(output / SOFT, teacher.labels, gold, weight)
    data = {SOFT: docs.to_bytes(), CONFIG: config.to_str().encode("utf8")}
    with os_errors("M705", output=output):
        write_all((output / file, content) for file, content in data.items())
    msg.good(f"{model} read {len(docs):,} texts of {n_words:,} words: {output / SOFT}")


def read(
    teacher: "Teacher", files: List[Path], student: "Language", docs: "DocBin"
) -> int:
    """Let the teacher read texts. RETURNS (int): The number of tokens. Raises M626 and
    M711."""
    import tqdm

    from ..corpora.texts import read_texts

    pairs = (pair for file in files for pair in read_texts(teacher.nlp, file))
    texts = [teacher.make_text(*pair, student) for pair in pairs if len(pair[0])]
    n_words = sum(len(text.doc) for text in texts)
    with tqdm.tqdm(total=n_words, unit="word", leave=False, disable=None) as bar:
        for doc in teacher.annotate(texts):
            docs.add(doc)
            bar.update(len(doc))
    return n_words
