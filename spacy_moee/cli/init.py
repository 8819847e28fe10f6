"""`python -m spacy moee init`: a new project."""

import re
from pathlib import Path
from typing import Annotated, Dict, List

from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError, os_errors
from . import app

PACKAGE = Path(__file__).parents[1]
SPLITS = ("source/train", "source/dev", "source/test", "target/test")
LAYOUT = """\
Put your corpus here, and run `python -m spacy project run all` in the project's folder.

    source/train.txt   annotated text to train on
    source/dev.txt     other texts of the same domain, to choose the best epoch
    source/test.txt    other texts of the same domain, to evaluate the pipeline
    target/test.txt    (optional) text of the domain that you care about: it is scored
                       if it is annotated, and tagged if not

Use column files (a token and its tag per line, a blank line after each sentence) or
exports of annotation tools: `python -m spacy moee convert --help` lists the formats.
Any of their extensions will do: source/train.jsonl, target/test.conll ...
"""
RAW = """\
Put text without annotation here, as `.jsonl` files of objects with a "text":

    source.jsonl   text of the domain that you train on
    target.jsonl   text of the domain that you care about, but not that of its test set
"""

# fmt: off
Folder = Annotated[Path, Argument(metavar="DIR", help="Folder for the project; it is created", file_okay=False)]  # noqa: E501
Recipe = Annotated[str, Option("--recipe", "-r", help="The recipe to train with, such as static_features or bert_frozen")]  # noqa: E501
Corpus = Annotated[str, Option("--corpus", "-c", help="A name for your corpus")]
# fmt: on


@app.command("init")
def init_cli(
    folder: Folder, recipe: Recipe = "static_features", corpus: Corpus = "mine"
) -> None:
    """
    Create a project: project.yml, all recipes, and a folder for your corpus. The next
    steps are printed. No file is overwritten.
    """
    write(plan(folder, recipe, corpus))
    msg.good(f"Created a project: {folder}")
    msg.text("Next:")
    msg.text(f"  cd {folder}")
    msg.text(f"  # put your corpus into assets/{corpus}, as README.txt there explains")
    if (folder / "raw").is_dir():
        msg.text("  # put texts without annotation into raw, in the same way")
    msg.text("  python -m spacy project run all")


def plan(folder: Path, recipe: str, corpus: str) -> Dict[Path, bytes]:
    """List the files to write; nothing is written."""
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
    if b"raw_source" in files[folder / "configs" / f"{recipe}.cfg"]:
        files[folder / "raw" / "README.txt"] = RAW.encode("utf8")
    taken = [path for path in files if path.exists()]
    if taken:
        raise MoeeError("M733", folder=folder, path=taken[0].relative_to(folder))
    return files


def find_source() -> Path:
    """Find the folder with project.yml and configs: in the installed package or, for an
    installation from source, beside it."""
    packed = PACKAGE / "project"
    return packed if packed.is_dir() else PACKAGE.parent


def adapt(text: str, recipe: str, corpus: str) -> str:
    """Adapt project.yml for a user: with other defaults, and without the package's own
    files as dependencies, which only its developers change."""
    lines: List[str] = []
    for line in text.splitlines(keepends=True):
        if '- "spacy_moee/' in line:
            continue
        for name, value in (("config", recipe), ("corpus", corpus)):
            if line.startswith(f"  {name}: "):
                line = f'  {name}: "{value}"\n'
        lines.append(line)
    # spaCy rejects an empty list of dependencies
    return re.sub(r"^    deps:\n(?!      )", "", "".join(lines), flags=re.MULTILINE)


def write(files: Dict[Path, bytes]) -> None:
    """Write the files, and create folders for the corpus."""
    from ..files import write_all

    with os_errors("M734"):
        write_all(files.items())
        for path in files:
            if path.parent.parent.name == "assets":
                for split in SPLITS:
                    (path.parent / split).parent.mkdir(parents=True, exist_ok=True)
