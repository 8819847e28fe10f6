"""Messages about the formats of annotation tools and other corpora (M33, M34)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    "M330": (
        "{file}: can't detect the format: {reason}. Expected one of {formats}. Give it "
        "with --format."
    ),
    "M331": (
        "{file}: found nothing to convert: {reason}. Expected at least one text or "
        "sentence. Give another file, or remove this one from the folder."
    ),
    "M332": (
        "{file}, {where}: can't be read as JSON: {reason}. Correct it, or export the "
        "file again."
    ),
    "M333": (
        "{file}, {where}: {key} is {found}; expected {expected}. Correct it, export "
        "the file again, or give another --format."
    ),
    "M334": (
        "{file}, {where}: a span of '{label}' goes from {start} to {end}; expected a "
        "start before its end, within a text of {length} characters. Correct the span, "
        "or export the file again."
    ),
    "M335": (
        "{file}, {where}: the tag is {found}; expected {expected}. Name the tags with "
        "--tag-names O,B-PER,I-PER,... in the order of their numbers, or put the data "
        "set's dataset_info.json in the folder of the file."
    ),
    "M336": (
        "{file}, {where}: the label '{label}' can't be an entity type: {reason}. "
        "Expected a bare type such as 'PER'. Rename it with --types, or in the tool."
    ),
    "M337": (
        "{file}, {where}: the tokens do not match the text: {reason}. Expected tokens "
        "in the order of the text, with only white space between them. Remove the key "
        "'tokens' to have the text tokenized, or export again."
    ),
    "M338": (
        "Can't tokenize texts for --lang {lang}: {reason}. Expected spaCy's tokenizer "
        "of that language, which texts with character offsets need. Install the "
        "package that it needs, or choose another --lang (xx is for any language)."
    ),
    "M339": (
        "{file}, {where}: the tokenizer of '{lang}' fails on a text of {length} "
        "characters: {reason}. Expected a text that `nlp(text)` can read. Split or "
        "correct it."
    ),
    "M340": (
        "{file}: found no '{missing}' in the same folder; expected a text and its "
        "annotation in two files of one name. Add that file, or remove this one."
    ),
    "M341": (
        "{file}, {where}: found {found!r}; expected brat's standoff format, such as "
        "'T1', a tab, 'PER 0 5', a tab and the text. Correct the line."
    ),
    "M342": (
        "{file}, {where}: found {found}; expected {expected} of CoNLL-U. Correct the "
        "line, or give another --format."
    ),
    "M343": (
        "{file}: the first row is {found}; expected a header with a column of tokens "
        "(named {tokens}) and at most one of tags (named {tags}). Rename the columns, "
        "or give another --format."
    ),
    "M344": (
        "{file}, {where}: can't be read as CSV: {reason}. Quote every cell that holds "
        'a quotation mark, and double the mark in it (""""), as spreadsheets do.'
    ),
    "M345": (
        "{file}: can't be read as a .spacy file: {reason}. Expected a file that `spacy "
        "convert`, `spacy moee convert` or DocBin.to_disk wrote. Write it again."
    ),
    "M346": (
        "{file}, {where}: can't find the text of the labels of Label Studio: {reason}. "
        "Expected one plain text per task. Export a project with one <Text> tag, or "
        "keep one text in 'data'."
    ),
    "M347": (
        "{file}, {where}: found {tokens} tokens and {tags} tags; expected as many tags "
        "as tokens. Correct the record."
    ),
    "M348": (
        "{file}, {where}: {key} holds half a character (a lone surrogate, {found}); "
        "expected Unicode. Export the file again, or remove the character."
    ),
    "M349": (
        "{file}, {where}: found a record of the format {found}; expected {expected}, "
        "as before. Split the file, or give its format with --format."
    ),
}

WARNINGS: Dict[str, str] = {
    "MW36": (
        "Spans that are not whole tokens, and do not become entities: {count}. Their "
        "tokens have no annotation, so that training learns nothing wrong from them."
    ),
    "MW37": (
        "Spans that overlap others, and do not become entities: {count}. The longest "
        "span is kept."
    ),
    "MW38": "Annotations or texts that were not read: {count}.",
}
