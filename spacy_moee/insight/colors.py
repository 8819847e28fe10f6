"""Colours of displaCy for the four entity types of CoNLL-2003."""

from typing import Dict

# Registered as `spacy_moee.colors.v1`. spaCy knows LOC and ORG, whose colours are
# its own here: whatever is registered counts for every pipeline. PER looks like its
# PERSON; MISC lies apart from all that spaCy has, for the colour-blind, too.
COLORS: Dict[str, str] = {
    "PER": "#aa9cfc",
    "LOC": "#ff9561",
    "ORG": "#7aecec",
    "MISC": "#bfe84a",
}
