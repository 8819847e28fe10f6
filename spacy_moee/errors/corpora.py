"""Messages about corpora (M3) and reports (M4)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    # M3: corpora
    "M301": (
        "Can't find '{file}'. Expected a column file (one token a line), or a folder "
        "of column files."
    ),
    "M302": (
        "{file}, line {line}: found the byte {byte} at offset {offset} of the file, "
        "and expected UTF-8. Save the file as UTF-8, or convert it, for example with "
        "`iconv -f latin1 -t utf-8`."
    ),
    "M303": (
        "{file}, line {line}: found {found} columns in {text!r}, and expected "
        "{expected}, as on line {first}. Correct that row. If a token holds a space, "
        "separate the columns with tabs."
    ),
    "M304": (
        "{file}, line {line}: found no token in column {column} of {text!r}, and "
        "expected one that is not blank. Correct or delete that row, or choose the "
        "column with --token-column."
    ),
    "M305": (
        "{file}, line {line}: found {found} columns, and expected the token in column "
        "{token} and the tag in another one, column {tag}. Columns count from 0, or "
        "from -1 at the end. Set --token-column and --tag-column."
    ),
    "M306": (
        "{file}, line {line}: found the tag '{found}', and expected O, - (missing), or "
        "a prefix and a type, such as B-PER, with one of the prefixes B, I, E, S, L, "
        "U. Correct the tag, or choose the column of the tags with --tag-column."
    ),
    "M307": (
        "{file}, line {line}: found the tag '{found}', and {scheme} expects {expected} "
        "or O. Give the file's own scheme with --scheme, or leave it out to have the "
        "scheme detected."
    ),
    "M308": (
        "{file}, line {line}: found the tag '{found}' of BIOES, and '{other}' of BILOU "
        "on line {second}. Expected one scheme in a file. Split the file, or rewrite "
        "L- as E- and U- as S-."
    ),
    "M309": (
        "{file}: found no token, and expected at least one row of a token and a tag. "
        "Give another file, or take this one out of the folder."
    ),
    "M310": (
        "{file}: found no column file in this folder, and expected files that end in "
        "{endings}. Rename them, or convert them one by one."
    ),
    "M311": (
        "Can't read '{found}' in --types: {reason}. Expected OLD=NEW pairs, each OLD "
        "once, such as person=PER,place=LOC."
    ),
    "M312": (
        "Can't write to '{file}': {reason}. Give another output: a .spacy file for one "
        "input file, or a folder."
    ),
    "M313": (
        "Can't {verb} '{file}': {reason}. Check the path, its permissions and the free "
        "disk space."
    ),
    "M314": "The argument {argument} is '{found}', and must be one of {expected}.",
    # M4: reports
    "M401": (
        "'{file}' is no evaluation of entities: {problem}. Expected what `python -m "
        "spacy evaluate MODEL DATA --output FILE.json` writes, with or without "
        "--per-component."
    ),
    "M402": "Can't read '{file}': {problem}. Check the path and its permissions.",
    "M403": (
        "Can't write the table to '{file}': {reason}. Check the path, its permissions "
        "and the free disk space."
    ),
    "M404": (
        "--output names '{file}', which is one of the files to report and would be "
        "lost. Expected another file, such as table.md."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW31": (
        "{count} transitions between tags are illegal in {scheme}, the first on line "
        "{line}. They were read the way conlleval reads them: an entity starts at B "
        "or S, and wherever its type changes."
    ),
    "MW32": (
        "--types renames {unused}, and the input holds {found}. Check the spelling."
    ),
}
