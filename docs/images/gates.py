"""Draw the README's picture of the gates: the sentence of the paper's Figure 2.

    python -m docs.images.gates PIPELINE docs/images/gates.svg

The picture in the repository was made with the recipe bert_frozen, seed 0.
"""

import sys
from pathlib import Path
from typing import Any

import spacy

from spacy_moee.files import write_text
from spacy_moee.insight import render_gates

# as in the figure, with its slip of the pen
SENTENCE = "Drudge attemps to contact Gab for the investment of StartEngine"
VMAX = 0.35


def main(pipeline: str, output: str) -> None:
    nlp = spacy.load(pipeline)
    ner: Any = nlp.get_pipe("moee_ner")
    ner.gates = True
    picture = render_gates(nlp(SENTENCE), "svg", vmax=VMAX, jupyter=False)
    write_text(Path(output), picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
