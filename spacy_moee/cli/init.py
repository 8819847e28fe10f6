"""`python -m spacy moee init`: a project of one's own."""

import re
from pathlib import Path
from typing import Annotated, Dict, List

from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError, os_errors
from . import app, fail

PACKAGE = Path(__file__).parents[1]
SPLITS = ("source/train", "source/dev", "source/test", "target/test")
LAYOUT = """\
Put your corpus here, and run `python -m spacy project run all` in the project's folder.

    source/train.txt   annotated text of the domain that is learned from
    source/dev.txt     chooses the best epoch: the same domain, other texts
    source/test.txt    tells how good the pipeline is there
    target/test.txt    (optional) the domain that you care about: annotated, to be
                       scored; or not, to be tagged

Column files (a token and its tag a line, a blank line after each sentence), and what
annotation tools export: `python -m spacy moee convert --help` lists what is read.
Any ending of these does: source/train.jsonl, target/test.conll ...
"""

# fmt: off
Folder = Annotated[Path, Argument(metavar="DIR", help="Folder for the project; it is made", file_okay=False)]  # noqa: E501
Recipe = Annotated[str, Option("--recipe", "-r", help="The recipe to train with, such as static_features or bert_frozen")]  # noqa: E501
Corpus = Annotated[str, Option("--corpus", "-c", help="A name for your corpus")]
# fmt: on


@app.command("init")
def init_cli(
    folder: Folder, recipe: Recipe = "static_features", corpus: Corpus = "mine"
) -> None:
    """
    Make a project: project.yml, all recipes, and a place for your corpus. It says
    what to type next. Nothing that is there is overwritten.
    """
    try:
        files = plan(folder, recipe, corpus)
        write(files)
    except MoeeError as err:
        fail(err)
    msg.good(f"Made a project: {folder}")
    msg.text("Next:")
    for line in (
        f"  cd {folder}",
        f"  # put your corpus into assets/{corpus}: README.txt there says how",
        "  python -m spacy project run all",
    ):
        msg.text(line)


def plan(folder: Path, recipe: str, corpus: str) -> Dict[Path, bytes]:
    """Decide what is written; nothing is."""
    source = find_source()
    configs = sorted(p for p in (source / "configs").rglob("*") if p.is_file())
    recipes = [p.stem for p in configs if p.parent.name == "configs"]
    if recipe not in recipes:
        raise MoeeError("M731", found=recipe, expected=", ".join(recipes))
    if not corpus or corpus == ".." or Path(corpus).name != corpus:
        raise MoeeError("M732", found=corpus)
    text = (source / "project.yml").read_text(encoding="utf8")
    files = {
        folder / "project.yml": adapt(text, recipe, corpus).encode("utf8"),
        folder / "assets" / corpus / "README.txt": LAYOUT.encode("utf8"),
        **{folder / p.relative_to(source): p.read_bytes() for p in configs},
    }
    taken = [path for path in files if path.exists()]
    if taken:
        raise MoeeError("M733", folder=folder, path=taken[0].relative_to(folder))
    return files


def find_source() -> Path:
    """The folder with project.yml and configs: in the installed package, or, if it is
    installed from its source, beside it."""
    packed = PACKAGE / "project"
    return packed if packed.is_dir() else PACKAGE.parent


def adapt(text: str, recipe: str, corpus: str) -> str:
    """Write project.yml for a user: with other defaults, and without the package's own
    files, which only its developers change."""
    lines: List[str] = []
    for line in text.splitlines(keepends=True):
        if '- "spacy_moee/' in line:
            continue
        for name, value in (("config", recipe), ("corpus", corpus)):
            if line.startswith(f"  {name}: "):
                line = f'  {name}: "{value}"\n'
        lines.append(line)
    # spaCy refuses a list of dependencies that has none left
    return re.sub(r"^    deps:\n(?!      )", "", "".join(lines), flags=re.MULTILINE)


def write(files: Dict[Path, bytes]) -> None:
    """Write the files, and make folders for the corpus."""
    from ..files import write_all

    with os_errors("M734"):
        write_all(files.items())
        for path in files:
            if path.name == "README.txt":
                for split in SPLITS:
                    (path.parent / split).parent.mkdir(parents=True, exist_ok=True)
