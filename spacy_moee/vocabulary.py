"""The words that a model has numbers for."""

import re

DIGIT = re.compile(r"\d")


def normalise(word: str) -> str:
    """Give words that differ in their digits only one form.

    word (str): The word.
    RETURNS (str): The word with every decimal digit as 0, in the same case.
    """
    return DIGIT.sub("0", word)
