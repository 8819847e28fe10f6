"""Write the sample corpus: ``python assets/sample/generate.py [folder]``.

It writes the same four files on every machine and with every Python version.
"""

import sys
from pathlib import Path
from typing import Callable, List

from generator.corpus import Domain, Writer
from generator.grammar import Dice
from generator.sentences import Token, bioes, iob2

HERE = Path(__file__).resolve().parent
SOURCE_SEED, TARGET_SEED = 1729, 4104
SOURCE_SIZES = {"train": 1800, "dev": 400, "test": 400}
TARGET_SIZE = 500
SOURCE_PLAIN_SHARE, TARGET_PLAIN_SHARE = 0.24, 0.31
DOCSTART_EVERY = 2  # one in two articles starts with a document line

Article = List[List[Token]]
Tagger = Callable[[List[Token]], List[str]]


def column_text(articles: List[Article], tagger: Tagger, separator: str) -> str:
    """Write lines of token, separator and tag, with a blank line after a sentence."""
    blocks = []
    for sentence in (sentence for article in articles for sentence in article):
        pairs = zip([text for text, _, _ in sentence], tagger(sentence), strict=True)
        blocks.append("".join(f"{word}{separator}{tag}\n" for word, tag in pairs))
    return "\n".join(blocks)


def with_document_lines(articles: List[Article]) -> List[Article]:
    """Start some articles with a ``-DOCSTART-`` line."""
    line: List[Token] = [("-DOCSTART-", None, False)]
    return [
        article if i % DOCSTART_EVERY else [line, *article]
        for i, article in enumerate(articles)
    ]


def write(folder: Path) -> None:
    """Write ``source/{train,dev,test}.txt`` and ``target/test.txt``."""
    data = HERE / "generator"
    source = Domain("newswire", data, SOURCE_SEED, set())
    target = Domain("scitech", data, TARGET_SEED, source.names.surfaces())
    writer = Writer(source, Dice(SOURCE_SEED + 1), SOURCE_PLAIN_SHARE)
    for name in ("source", "target"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for part, size in SOURCE_SIZES.items():
        articles = with_document_lines(writer.articles(part, size))
        save(folder / "source" / f"{part}.txt", column_text(articles, iob2, "\t"))
    writer = Writer(target, Dice(TARGET_SEED + 1), TARGET_PLAIN_SHARE)
    articles = writer.articles("all", TARGET_SIZE)
    save(folder / "target" / "test.txt", column_text(articles, bioes, " "))


def save(path: Path, text: str) -> None:
    """Write a file, with the same line ends on every system."""
    path.write_bytes(text.encode("utf8"))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
