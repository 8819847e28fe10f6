"""Column files: one token per line, a blank line after each sentence.

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
from .options import Options
from .text import describe_lines, list_some, read_text, split_lines

SENTENCE_END = "EndOfSentence"
# by whether a bad row begins with #
HINTS = {
    False: "If a token holds a space, separate the columns with tabs.",
    True: "If it is a comment, write it as '# note = ...'.",
}


class Sentence(NamedTuple):
    """A sentence of a file.

    words (List[str]): The tokens.
    tags (List[str]): Their tags, as written; empty if the file has none.
    line (int): Line number of the first token, counted from 1.
    document (int): The number of its document; 0 before any is marked.
    lines (Sequence[int]): Line number of each token; empty if they are consecutive.
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
    """The content of a column file.

    sentences (List[Sentence]): The sentences, in order; each has a token.
    notes (List[str]): Messages for the user about the rest of the file.
    """

    sentences: List[Sentence]
    notes: List[str]


def read_columns(path: Path, options: Optional[Options] = None) -> Columns:
    """Read the sentences of a column file.

    path (Path): A file whose columns are separated by tabs or spaces.
    options (Optional[Options]): The options of the conversion.
    RETURNS (Columns): The sentences.
    RAISES (MoeeError): M301, M302, M313 and M315-M318 for a file that is not such a
        text; M303 for rows of another width; M304 for blank tokens; M305, M321 and
        M323 for wrong columns.
    """
    options = options or Options()
    path = Path(path)
    lines = split_lines(read_text(path, options.encoding), path)
    layout = find_layout(lines, path, options)
    reader = _Reader(layout, lines, options.blank_tokens)
    for number, text in enumerate(lines, 1):
        reader.read(number, text)
    reader.end_sentence()
    reader.check(path)
    return Columns(reader.sentences, reader.notes())


class _Reader:
    """Reads the lines one after the other."""

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
        return not NEVER_A_ROW.match(text) and self.layout.is_row(text, cells)

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
        """Check whether a line is a comment, and open what it announces."""
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
        """Whether a line that begins with # is a comment in free words, and not a
        damaged row."""
        layout, words = self.layout, text.split()
        if layout.tabs and "\t" not in text and len(words) > 1:
            return True
        if self.has_hash_tokens and len(words) < max(layout.width, 2):
            return False
        return text == "#" or (len(words) > 1 and not layout.may_be_row(words))

    def open_document(self, name: str) -> None:
        """Open a document, unless it is open: some files name it for each sentence."""
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
        """Report all rows that can't be read."""
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
        notes = [self.layout.note] if self.layout.note else []
        if self.n_comments:
            notes.append(f"Comment lines: {self.n_comments:,}.")
        if self.n_skipped:
            skipped = "Rows with a number such as 1-2 or 1.1, left out"
            notes.append(f"{skipped}: {self.n_skipped:,}.")
        if self.blanks:
            how = "kept as white space" if self.blank_tokens == "keep" else "left out"
            lines = list_some(line for line, _ in self.blanks)
            notes.append(f"Blank tokens {how}: {len(self.blanks):,} (lines {lines}).")
        return notes
