"""Messages about corpora (M3) and reports (M4)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    # M3: corpora
    "M301": (
        "Can't find '{file}'. Expected a file with annotated texts, or a folder of "
        "such files. `spacy moee convert --help` names their formats."
    ),
    "M302": (
        "{file}, line {line}: found the byte {byte} at offset {offset} of the file, "
        "and expected {encoding}. {advice}"
    ),
    "M303": (
        "{file}, line {line}: found {found} in {text!r}, and expected {expected}, as "
        "on line {first}. {lines}Correct each such row. {hint}"
    ),
    "M304": (
        "{file}, line {line}: found no token in column {column} of {text!r}, and "
        "expected one that is not blank. {lines}Correct the rows, leave them out with "
        "--blank-tokens drop, read them as white space with --blank-tokens keep, or "
        "choose the column with --token-column."
    ),
    "M305": (
        "{file}, line {line}: found {found} columns, and expected the token in column "
        "{token} and the tag in another one, column {tag}. Columns count from 0, or "
        "from -1 at the end. Set --token-column and --tag-column."
    ),
    "M306": (
        "{file}, line {line}: found the tag '{found}'{others}, which {count} tokens "
        "have, and expected O, - or _ (missing), or tags like {example}, with one of "
        "the letters B, I, E, S, L, U, M, W. Correct the tag, or choose the column of "
        "the tags with --tag-column. If it stands for O, give --outside-tag '{found}'; "
        "if such tags are types, without a letter, --scheme io."
    ),
    "M307": (
        "{file}, line {line}: found the tag '{found}', and {scheme} expects the "
        "letters {expected}, or O. Give the file's own scheme with --scheme, or leave "
        "it out to have the scheme detected."
    ),
    "M308": (
        "{file}, line {line}: found the tag '{found}', and '{other}' on line {second}, "
        "and expected one scheme in a file: IOB or IOE, BIOES, BILOU, BMES or BMEWO. "
        "Split the file, or rewrite the letters: L is E, U and W are S, M is I."
    ),
    "M309": (
        "{file}: found no token, and expected at least one row of a token and a tag. "
        "Give another file, or take this one out of the folder."
    ),
    "M310": (
        "{file}: found no file to convert in this folder, and expected files that end "
        "in {endings}. Name the files with --include, such as --include '*.data'."
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
    "M314": "The argument {argument} is '{found}', and must be one of {expected}.",
    "M315": (
        "{file}, line {line}: found a carriage return (CR) inside {text!r}, and "
        "expected one at the end of a line only. {lines}Lines may end in LF or CRLF, "
        "or all of them in CR: let all lines of the file end alike."
    ),
    "M316": (
        "{file}, line {line}: found a NUL character, and expected text in {encoding}. "
        "{advice} Give the encoding with --encoding, or take the file out."
    ),
    "M317": (
        "Found the encoding '{found}', and expected one that Python knows, such as "
        "utf-8, utf-16, cp1252 or shift_jis."
    ),
    "M318": (
        "{file}: the encoding {encoding} was given, but the file is valid UTF-8 and "
        "would be ruined by it. Convert it by itself, without --encoding."
    ),
    "M319": (
        "{file}, line {line}: found the tag '{found}', which has no type, like all "
        "others of the file. Give the type with --type, such as --type Disease."
    ),
    "M320": (
        "{file}, line {line}: --type gives the type {label}, and the tags have their "
        "own, such as '{found}'. Leave --type out; to rename a type, use --types."
    ),
    "M321": (
        "{file}, line {line}: found tags in two columns of {text!r}, '{one}' and "
        "'{other}'. Choose one with --tag-column: 2 behind the token, or {last}."
    ),
    "M322": (
        "{file}, line {line}: the tag '{found}' can be read as {one} or as {other}, "
        "and all other tags of the file as well. Say where the letter stands: --affix "
        "prefix, as in B-PER, or --affix suffix, as in PER-B."
    ),
    "M323": (
        "{file}, line {line}: found '{separator}' between token and tag in {text!r}, "
        "and expected a tab or spaces. Replace the last '{separator}' of each row by a "
        "tab."
    ),
    "M324": (
        "{file}, line {line}: the tag '{tag}' has the type '{label}', which can't be "
        "one: {reason}. Rename it with --types '{old}=NAME', or drop it with --types "
        "'{old}='."
    ),
    "M325": "Can't use --include or --exclude: {reason}.",
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
    "M405": (
        "'{folder}' holds no .json file. Expected a folder that `python -m spacy moee "
        "evaluate --output` wrote."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW31": (
        "{count} transitions between tags are illegal in {scheme}, the first on line "
        "{line}. Entities were read {reading}."
    ),
    "MW32": (
        "--types renames {unused}, and the input holds {found}. Check the spelling."
    ),
    "MW33": (
        "{what}. A sentence ends at a blank line: are there none? The network reads "
        "{limit} tokens at once, and learns from shorter sentences what a pipeline "
        "meets later. Put blank lines between the sentences."
    ),
    "MW34": (
        "The longest of {docs} documents has {tokens} tokens. A document begins at a "
        "-DOCSTART- line, `# newdoc` or `# document_id = NAME`: are there too few? "
        "Memory grows with the longest document. Mark the documents, or leave out "
        "--group document."
    ),
}
