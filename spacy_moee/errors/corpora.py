"""Messages about corpora (M3) and reports (M4)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    # M3: corpora
    "M301": (
        "Can't find '{file}'. Expected a file with annotated texts, or a folder of "
        "such files. `spacy moee convert --help` lists their formats."
    ),
    "M302": (
        "{file}, line {line}: found the byte {byte} at offset {offset} of the file; "
        "expected {encoding}. {advice}"
    ),
    "M303": (
        "{file}, line {line}: found {found} in {text!r}; expected {expected}, as on "
        "line {first}. {lines}Correct each such row. {hint}"
    ),
    "M304": (
        "{file}, line {line}: found no token in column {column} of {text!r}; expected "
        "one that is not blank. {lines}Correct the rows, drop them with --blank-tokens "
        "drop, read them as white space with --blank-tokens keep, or choose the column "
        "with --token-column."
    ),
    "M305": (
        "{file}, line {line}: found {found} columns; expected the token in column "
        "{token} and the tag in another one, column {tag}. Column numbers start at 0, "
        "or at -1 from the end. Set --token-column and --tag-column."
    ),
    "M306": (
        "{file}, line {line}: found the tag '{found}'{others}, {count} in all; "
        "expected O, - or _ (missing), or tags like {example}, with one of the letters "
        "B, I, E, S, L, U, M, W. Correct the tag, or choose the column of the tags "
        "with --tag-column. If it stands for O, give --outside-tag '{found}'; if such "
        "tags are types without a letter, give --scheme io."
    ),
    "M307": (
        "{file}, line {line}: found the tag '{found}', and {scheme} expects the "
        "letters {expected}, or O. Give the scheme of the file with --scheme, or omit "
        "--scheme to have it detected."
    ),
    "M308": (
        "{file}, line {line}: found the tag '{found}', and '{other}' on line {second}; "
        "expected one scheme per file: IOB, IOE, BIOES, BILOU, BMES or BMEWO. Split "
        "the file, or replace the letters: L by E, U and W by S, M by I."
    ),
    "M309": (
        "{file}: found no token; expected at least one row of a token and a tag. Give "
        "another file, or remove this one from the folder."
    ),
    "M310": (
        "{file}: found no file to convert in this folder; expected files that end in "
        "{endings}. Choose the files with --include, such as --include '*.data'."
    ),
    "M311": (
        "Can't read '{found}' in --types: {reason}. Expected OLD=NEW pairs, each OLD "
        "once, such as person=PER,place=LOC, or OLD= to drop a type."
    ),
    "M312": (
        "Can't write to '{file}': {reason}. Give another output: a .spacy file for one "
        "input file, or a folder."
    ),
    "M313": (
        "Can't {verb} '{file}': {reason}. Check the path, its permissions and the free "
        "disk space."
    ),
    "M314": "The argument {argument} is '{found}', but must be one of {expected}.",
    "M315": (
        "{file}, line {line}: found a carriage return (CR) inside {text!r}; expected "
        "it at the end of a line only. {lines}Lines may end in LF or CRLF, or all of "
        "them in CR: use the same line end in the whole file."
    ),
    "M316": (
        "{file}, line {line}: found a NUL character; expected text in {encoding}. "
        "{advice} Give the encoding with --encoding, or remove the file."
    ),
    "M317": (
        "Found the encoding '{found}'; expected one that Python knows, such as utf-8, "
        "utf-16, cp1252 or shift_jis."
    ),
    "M318": (
        "{file}: the encoding {encoding} was given, but the file is valid UTF-8 and "
        "would be read wrongly. Convert it separately, without --encoding."
    ),
    "M319": (
        "{file}, line {line}: found the tag '{found}', which has no type, like all "
        "other tags of the file. Give the type with --type, such as --type Disease."
    ),
    "M320": (
        "{file}, line {line}: --type gives the type {label}, but the tags have types "
        "already, such as '{found}'. Omit --type; to rename a type, use --types."
    ),
    "M321": (
        "{file}, line {line}: found tags in two columns of {text!r}, '{one}' and "
        "'{other}'. Choose one with --tag-column: 2 (after the token), or {last}."
    ),
    "M322": (
        "{file}, line {line}: the tag '{found}' can be read as {one} or as {other}, "
        "and so can all other tags of the file. Give the position of the letter: "
        "--affix prefix, as in B-PER, or --affix suffix, as in PER-B."
    ),
    "M323": (
        "{file}, line {line}: found '{separator}' between token and tag in {text!r}; "
        "expected a tab or spaces. Replace the last '{separator}' of each row by a tab."
    ),
    "M324": (
        "{file}, line {line}: the tag '{tag}' has the type '{label}', which can't be "
        "an entity type: {reason}. Rename it with --types '{old}=NAME', or drop it "
        "with --types '{old}='."
    ),
    "M325": (
        "Can't use --include or --exclude: {reason}. Give patterns of paths in the "
        "input folder, such as '*/train.*'."
    ),
    # M4: reports
    "M401": (
        "'{file}' is not an evaluation of entities: {problem}. Expected a file that "
        "`python -m spacy evaluate MODEL DATA --output FILE.json` wrote, with or "
        "without --per-component."
    ),
    "M402": "Can't read '{file}': {problem}. Check the path and its permissions.",
    "M403": (
        "Can't write the table to '{file}': {reason}. Check the path, its permissions "
        "and the free disk space."
    ),
    "M404": (
        "--output names '{file}', which is one of the files to report and would be "
        "overwritten. Name another file, such as table.md."
    ),
    "M405": (
        "'{folder}' has no .json file. Expected a folder that `python -m spacy moee "
        "evaluate --output` wrote."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW31": (
        "{count} transitions between tags are illegal in {scheme}, the first on line "
        "{line}. Entities were read {reading}. If that is wrong, correct the tags."
    ),
    "MW32": "--types renames {unused}, but the input has {found}. Check the spelling.",
    "MW33": (
        "{what}. A sentence ends at a blank line: are blank lines missing? The network "
        "reads at most {limit} tokens at once, and later texts have shorter sentences. "
        "Put blank lines between the sentences."
    ),
    "MW34": (
        "The longest of {docs} documents has {tokens} tokens. A document begins at a "
        "-DOCSTART- line, `# newdoc` or `# document_id = NAME`: are some of these "
        "lines missing? Memory grows with the longest document. Mark the documents, or "
        "omit --group document."
    ),
}
