"""Column files: one token a line, a blank line after each sentence.

Columns are separated by tabs or spaces. Every other white space, such as a
non-breaking space, belongs to a token.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..errors import MoeeError
from .comments import NEVER_A_ROW, Comment, read_comment
from .headers import split_row
from .layout import DOCSTART, NO_WORD, Layout, find_layout
from .text import UTF8, describe_lines, list_some, read_text, split_lines

BLANK_TOKENS = ("error", "keep", "drop")
SENTENCE_END = "EndOfSentence"
# whether a bad row begins with #
HINTS = {
    False: "If a token holds a space, separate the columns with tabs.",
    True: "If it is a comment, write it as '# note = ...'.",
}


class Sentence(NamedTuple):
    """One sentence of a file.

    words (List[str]): The tokens.
    tags (List[str]): Their tags, as written; empty if the file has none.
    line (int): Line number of the first token, counted from 1.
    document (int): The number of its document.
    lines (Sequence[int]): Line number of each token, unless they are consecutive.
    """

    words: List[str]
    tags: List[str]
    line: int
    document: int
    lines: Sequence[int] = ()

    def line_of(self, index: int) -> int:
        """RETURNS (int): The line number of a token."""
        return self.lines[index] if self.lines else self.line + index


@dataclass
class Columns:
    """What a column file holds.

    sentences (List[Sentence]): The sentences, in order, none without a token.
    notes (List[str]): What was found beside them, in sentences for the user.
    """

    sentences: List[Sentence]
    notes: List[str]


def read_columns(
    path: Path,
    *,
    token_column: Optional[int] = None,
    tag_column: Optional[int] = None,
    encoding: str = UTF8,
    blank_tokens: str = "error",
) -> Columns:
    """Read the sentences of a column file.

    path (Path): A file whose columns are separated by tabs or spaces.
    token_column (Optional[int]): Column of the token, from 0; negative counts from
        the end. By default a header or numbers of tokens tell, else it is the first.
    tag_column (Optional[int]): Column of the tag, likewise, else it is the last. A
        file with one column has no tags.
    encoding (str): The encoding of the file.
    blank_tokens (str): What becomes of a row without a token: "error", "drop" it, or
        "keep" it as white space.
    RETURNS (Columns): The sentences.
    RAISES (MoeeError): M301, M302, M313, M315-M318 for a file that is no such text,
        M303 rows of another width, M304 blank tokens, M305, M321, M323 for columns.
    """
    path = Path(path)
    lines = split_lines(read_text(path, encoding), path)
    layout = find_layout(lines, path, token_column, tag_column)
    reader = _Reader(layout, lines, blank_tokens)
    for number, text in enumerate(lines, 1):
        reader.read(number, text)
    reader.end_sentence()
    reader.check(path)
    return Columns(reader.sentences, reader.notes())


class _Reader:
    """Reads one line after the other."""

    def __init__(self, layout: Layout, lines: Sequence[str], blank_tokens: str) -> None:
        self.layout = layout
        self.blank_tokens = blank_tokens
        self.sentences: List[Sentence] = []
        self.rows: List[Tuple[int, List[str]]] = []
        self.ragged: List[Tuple[int, str]] = []
        self.blanks: List[Tuple[int, str]] = []
        self.document = self.n_comments = self.n_skipped = 0
        self.name = ""
        self.has_hash_tokens = any(
            self.is_row(text, split_row(text)) for text in lines if text[:1] == "#"
        )

    def is_row(self, text: str, cells: List[str]) -> bool:
        may_be = not text.startswith("#") or not NEVER_A_ROW.match(text)
        return may_be and self.layout.is_row(text, cells)

    def read(self, line: int, text: str) -> None:
        if DOCSTART.match(text):
            self.open_document("")
            return
        if not text.strip(" \t") or text == self.layout.header:
            self.end_sentence()
            return
        cells = split_row(text)
        if self.is_row(text, cells):
            self.read_row(line, text, cells)
        elif text.startswith("#") and self.is_comment(text):
            self.n_comments += 1
        else:
            self.ragged.append((line, text))

    def read_row(self, line: int, text: str, cells: List[str]) -> None:
        layout = self.layout
        if layout.numbered and NO_WORD.fullmatch(cells[0]):
            self.n_skipped += 1
            return
        word = cells[layout.token]
        tags = [] if layout.tag is None else [cells[layout.tag]]
        if not word or word.isspace():
            self.blanks.append((line, text))
        if (word and not word.isspace()) or self.blank_tokens == "keep":
            # spaCy has no empty tokens
            self.rows.append((line, [word or " ", *tags]))
        if layout.flags is not None and SENTENCE_END in cells[layout.flags].split("|"):
            self.end_sentence()

    def is_comment(self, text: str) -> bool:
        """Whether a line that is no row is a comment; does what it says."""
        comment = read_comment(text)
        if comment is None:
            return self.layout.numbered or (not self.rows and self.is_free(text))
        kind, name = comment
        if kind is Comment.document:
            self.open_document(name)
        elif kind is Comment.sentence:
            self.end_sentence()
        return True

    def is_free(self, text: str) -> bool:
        """Whether a line that begins with # is a comment in free words, rather than a
        damaged row."""
        layout, words = self.layout, text.split()
        if layout.tabs and "\t" not in text and len(words) > 1:
            return True
        if self.has_hash_tokens and len(words) < max(layout.width, 2):
            return False
        return text == "#" or (len(words) > 1 and not layout.may_be_row(words))

    def open_document(self, name: str) -> None:
        """Some files name the document above each of its sentences."""
        self.end_sentence()
        self.document += not name or name != self.name
        self.name = name

    def end_sentence(self) -> None:
        if not self.rows:
            return
        lines = [line for line, _ in self.rows]
        first, last = lines[0], lines[-1]
        self.sentences.append(
            Sentence(
                [cells[0] for _, cells in self.rows],
                [tag for _, cells in self.rows for tag in cells[1:]],
                first,
                self.document,
                () if last - first + 1 == len(lines) else lines,
            )
        )
        self.rows = []

    def check(self, path: Path) -> None:
        """Refuse a file with rows that can't be read, all of them at once."""
        if self.ragged:
            line, text = self.ragged[0]
            found, expected = self.layout.describe_flaw(text, split_row(text))
            raise MoeeError(
                "M303",
                file=path,
                line=line,
                text=text,
                found=found,
                expected=expected,
                first=self.layout.first,
                lines=describe_lines([line for line, _ in self.ragged]),
                hint=HINTS[text.startswith("#")],
            )
        if self.blanks and self.blank_tokens == "error":
            line, text = self.blanks[0]
            raise MoeeError(
                "M304",
                file=path,
                line=line,
                text=text,
                column=self.layout.token,
                lines=describe_lines([line for line, _ in self.blanks]),
            )

    def notes(self) -> List[str]:
        how = "kept as white space" if self.blank_tokens == "keep" else "left out"
        lines = list_some(line for line, _ in self.blanks)
        blanks = f"Blank tokens {how}: {len(self.blanks):,} (lines {lines})."
        skipped = "Rows with a number such as 1-2 or 1.1, left out"
        found = [
            (bool(self.layout.note), self.layout.note),
            (self.n_comments > 0, f"Comment lines: {self.n_comments:,}."),
            (self.n_skipped > 0, f"{skipped}: {self.n_skipped:,}."),
            (bool(self.blanks), blanks),
        ]
        return [note for is_there, note in found if is_there]
