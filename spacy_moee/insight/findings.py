"""Statistics of two corpora -> sentences that say what is good and what is not."""

from collections import Counter
from typing import Counter as CounterT
from typing import Iterator, List, NamedTuple, Sequence

from .statistics import (
    CROSSING,
    HIDDEN,
    MISALIGNED,
    PUNCT,
    SPACE,
    Statistics,
    Words,
)

GOOD, INFO, WARN, FAIL = "good", "info", "warn", "fail"
HEADER = ["Type", "Train", "Dev"]
# tokens of a doc that is most likely many
LONG = 10_000
# from which share of tokens without a vector on something is wrong, and from which
# difference between train and dev
MANY_UNKNOWN = 0.1
OTHER_CASE = 0.2
# of an entity with a problem: what is said if there is none, if there are some, and
# what can be done
PROBLEMS = {
    SPACE: (
        "No entity starts or ends with white space",
        "start or end with white space",
        "Predictions never do: correct the annotation",
    ),
    PUNCT: (
        "No entity starts or ends with punctuation",
        "start or end with punctuation",
        "Some names do (Yahoo!); if not, correct the annotation",
    ),
    CROSSING: (
        "No entity crosses the start of a sentence",
        "cross the start of a sentence",
        "Correct the sentence starts, or the entities",
    ),
    HIDDEN: (
        "Every entity is whole in a window that the network reads",
        "are whole in no window that the network reads",
        "They train nothing: correct the sentence starts, take away the component that "
        "sets them, or raise max_length of the segments",
    ),
    MISALIGNED: (
        "Every entity starts and ends where a token of the pipeline does",
        "do not start and end where a token of the pipeline does",
        "They train nothing: correct the annotation, or adapt the tokenizer",
    ),
}


class Finding(NamedTuple):
    """A sentence. level (str): "good", "info", "warn", or "fail" for what training
    stops at. text (str): It."""

    level: str
    text: str


def judge_corpora(train: Statistics, dev: Statistics) -> Iterator[Finding]:
    """Say how large the corpora are, and whether they overlap.

    train (Statistics): What is learned from.
    dev (Statistics): What the best epoch is chosen by.
    YIELDS (Finding): The sentences.
    """
    for found in (train, dev):
        size = f"{found.docs:,} docs, {found.tokens:,} tokens"
        yield Finding(INFO, f"{found.name}: {size}")
    known = set(train.texts)
    same = [text for text in dev.texts if text in known]
    if same:
        share = 100 * len(same) / dev.docs
        longest = _shorten(max(same, key=len))
        yield Finding(
            WARN,
            f"Docs of dev that are in train, too: {len(same):,} ({share:.1f} %), the "
            f"longest being {longest!r}. What is learned by heart makes dev's score "
            "too good",
        )
    elif dev.docs:
        yield Finding(GOOD, "No doc of dev is in train, too")
    for found in (train, dev):
        long = [length for length in found.lengths if length > LONG]
        if long:
            yield Finding(
                WARN,
                f"Docs of {found.name} with more than {LONG:,} tokens: {len(long):,}, "
                f"up to {max(long):,}. If they are many texts, convert them again: a "
                "blank line or a document marker may be missing",
            )


def type_rows(train: Statistics, dev: Statistics) -> List[List[str]]:
    """Lay the entities of each type out, the most frequent one first.

    train (Statistics): What is learned from.
    dev (Statistics): What the best epoch is chosen by.
    RETURNS (List[List[str]]): Rows under `HEADER`.
    """
    totals: CounterT[str] = Counter()
    for found in (train, dev):
        totals.update(found.types)
    order = sorted(totals, key=lambda label: (-totals[label], label))
    return [[t, f"{train.types[t]:,}", f"{dev.types[t]:,}"] for t in order]


def judge_types(train: Statistics, dev: Statistics, few: int) -> Iterator[Finding]:
    """Say whether the types can be learned and measured.

    train (Statistics): What is learned from.
    dev (Statistics): What the best epoch is chosen by.
    few (int): A type should have so many entities in train.
    YIELDS (Finding): The sentences.
    """
    rare = [f"{t} ({n:,})" for t, n in train.types.most_common() if n < few]
    if rare:
        text = f"Fewer than {few} entities in train: {', '.join(rare)}"
        yield Finding(WARN, f"{text}. They will hardly be learned")
    elif train.types:
        yield Finding(GOOD, f"{few} entities or more of every type in train")
    for here, there, problem in (
        (dev, train, "They can't be found, and count as missed"),
        (train, dev, "How well they are found is not measured"),
    ):
        only = sorted(set(here.types) - set(there.types))
        if only:
            text = f"In {here.name} and not in {there.name}: {', '.join(only)}"
            yield Finding(WARN, f"{text}. {problem}")
    if train.types and set(train.types) == set(dev.types):
        yield Finding(GOOD, "The same types in train and dev")
    for found in (train, dev):
        share = f"{found.without:,} of {found.docs:,} docs of {found.name}"
        yield Finding(INFO, f"Without an entity: {share}")
    if not sum(dev.types.values()):
        text = "dev has no entity, so that no epoch is better than another"
        yield Finding(WARN, text)


def judge_annotation(train: Statistics, dev: Statistics) -> Iterator[Finding]:
    """Say what is wrong with entities.

    train (Statistics): What is learned from.
    dev (Statistics): What the best epoch is chosen by.
    YIELDS (Finding): The sentences.
    """
    both = (train, dev)
    missing = [f"{found.missing:,} of {found.name}" for found in both if found.missing]
    if missing:
        text = f"Tokens without annotation ('-'): {', '.join(missing)}"
        yield Finding(WARN, f"{text}. They train nothing, and are not scored")
    else:
        yield Finding(GOOD, "Every token is annotated")
    for kind, (good, problem, remedy) in PROBLEMS.items():
        bad = [found for found in both if found.get_cases(kind).count]
        for found in bad:
            cases = found.get_cases(kind)
            text = f"Entities of {found.name} that {problem}: {cases.count:,}"
            yield Finding(WARN, f"{text}, first {', '.join(cases.first)}. {remedy}")
        if not bad:
            yield Finding(GOOD, good)


def judge_case(train: Statistics, dev: Statistics) -> Iterator[Finding]:
    """Say how much is written in lower or in upper case only.

    train (Statistics): What is learned from.
    dev (Statistics): What the best epoch is chosen by.
    YIELDS (Finding): The sentences.
    """
    shares = []
    for found in (train, dev):
        cased = max(found.cased, 1)
        lower, upper = found.lower / cased, found.upper / cased
        shares.append((lower, upper))
        text = f"{100 * lower:.1f} % in lower case, {100 * upper:.1f} % in upper case"
        yield Finding(INFO, f"Docs of {found.name}: {text}")
    if dev.cased and any(abs(a - b) > OTHER_CASE for a, b in zip(*shares, strict=True)):
        text = "Train and dev are written in different case, which costs a lot of F1"
        yield Finding(WARN, text)


def judge_labels(
    train: Statistics, name: str, labels: Sequence[str], described: bool
) -> List[Finding]:
    """Say whether a component knows the types of train.

    train (Statistics): What is learned from.
    name (str): The component's name.
    labels (Sequence[str]): The types that it was initialized with.
    described (bool): Whether types have to be described before they are learned.
    RETURNS (List[Finding]): The sentence, if it doesn't.
    """
    unknown = sorted(set(train.types) - set(labels))
    if not unknown:
        return []
    text = f"Types of train that '{name}' does not know: {', '.join(unknown)}"
    remedy = "make its labels file again with `spacy init labels`, or delete it"
    if described:
        remedy = f"Describe them with `add_label`, or {remedy}"
        return [Finding(FAIL, f"{text}. Training stops at the first of them. {remedy}")]
    remedy = (
        f"If one is a mistake, correct the data; if its labels file is old, {remedy}"
    )
    return [Finding(WARN, f"{text}. It learns each when it meets it. {remedy}")]


def judge_words(words: Words) -> Finding:
    """Say how many words have no vector.

    words (Words): The words of train.
    RETURNS (Finding): The sentence.
    """
    total, missing = sum(words.counts.values()), sum(words.unknown.values())
    if not missing:
        return Finding(GOOD, "Every word of train has a vector")
    share = missing / total
    common = ", ".join(repr(word) for word, _ in words.unknown.most_common(5))
    text = (
        f"{missing:,} of {total:,} tokens of train ({100 * share:.1f} %), "
        f"{len(words.unknown):,} of {len(words.counts):,} distinct words, have no "
        f"vector, most often {common}"
    )
    if words.in_lower_case > missing / 2:
        text += '. Most of them have one in lower case: set attr = "LOWER"'
        return Finding(WARN, text)
    return Finding(WARN if share > MANY_UNKNOWN else INFO, text)


def _shorten(text: str, width: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[: width - 1]}\u2026"
