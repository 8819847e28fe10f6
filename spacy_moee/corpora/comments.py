"""Comments of column files: lines that begin with #. Some of them open a document.

A row may begin with # as well: its token is #, or a hashtag. Only the other rows show
what such a line is, so the caller decides.
"""

import re
from enum import Enum
from typing import Optional, Tuple

# before a key, such as `hipe2022:`
SPACE = r"(?:[\w-]+:)?"
NEW_DOCUMENT = re.compile(
    rf"#\s+{SPACE}newdoc\b|#newdoc(?:\s+id\b|\s*=|\s*$)|#\s*begin document\b",
    re.IGNORECASE,
)
DOCUMENT_ID = re.compile(
    rf"#\s*{SPACE}(?:doc|document|article)(?:[ _-]?id)?\s*[=:]\s*(.*\S)",
    re.IGNORECASE,
)
# of GermEval: source and date of the sentence
SOURCE = re.compile(r"#\t([^\t]+\t\[[^]\t]*\]|[a-z]+://\S+)\s*", re.IGNORECASE)
NEW_SENTENCE = re.compile(
    rf"#\s+{SPACE}(?:sent_id|text|newpar|id)\b|#{SPACE}(?:sent_id|text|id)\s*=",
    re.IGNORECASE,
)
KEY_AND_VALUE = re.compile(r"# +[\w.:-]+ *[=:]|#[\w.:-]+ *=|#\s*end document\b")
# lines that are never rows, whatever their number of columns
NEVER_A_ROW = re.compile(
    r"# +[\w.:-]+ +=( |$)|#\s*newdoc( id)?( *=|\s*$)|#\s*(begin|end) document\b"
)


class Comment(Enum):
    """What a comment says about the rows below it: nothing, or that they start a
    sentence or a document."""

    plain = "plain"
    sentence = "sentence"
    document = "document"


def is_source(text: str) -> bool:
    """RETURNS (bool): Whether a line names a source, as in GermEval."""
    return SOURCE.fullmatch(text) is not None


def read_comment(text: str) -> Optional[Tuple[Comment, str]]:
    """Recognise a comment by its own form.

    text (str): A line that begins with #.
    RETURNS (Optional[Tuple[Comment, str]]): Its kind, and the name of the document if
        it has one; None for a line that may be a row.
    """
    if NEW_DOCUMENT.match(text):
        return Comment.document, ""
    named = DOCUMENT_ID.match(text) or SOURCE.fullmatch(text)
    if named:
        return Comment.document, named[1]
    if NEW_SENTENCE.match(text):
        return Comment.sentence, ""
    return (Comment.plain, "") if KEY_AND_VALUE.match(text) else None
