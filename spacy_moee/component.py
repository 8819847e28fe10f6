"""The pipeline component `moee_ner`."""

from itertools import islice
from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from spacy.errors import Errors
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import minibatch
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate

from .alternatives import Alternatives
from .annotations import SCORES_KEY, Settings, annotate, find_own
from .errors import MoeeError, warn
from .faults import GoldFaults, check_loss
from .from_ner import read_label_data
from .halves import annotate_in_halves
from .incorrect import read_annotation
from .labels import check_label, find_labels, find_new_types
from .models.alternatives import find_alternatives
from .models.families import EntityType, check_model
from .models.readout import compute_loss, find_crossing, read_out
from .models.rehearsal import read_again
from .models.types import Gradient, MoEEModelT, Prediction, Scores
from .models.vocabularies import call_by_vocab, check_attributes
from .models.wrapper import is_built, needs_description, prediction_threads, set_type
from .saving import SavedPipe
from .scorer import moee_ner_score
from .tags import preset_tokens


class MoEENer(SavedPipe):
    """Recognize named entities with a mixture of entity experts (Liu, Winata and
    Fung 2020, arXiv 2002.05923).

    vocab (Vocab): The shared vocabulary.
    model (Model[List[Doc], Scores]): The model.
    name (str): The component's name.
    scores_key (Optional[str]): Where the entities are written with their probabilities:
        `doc.spans[scores_key]`, with `attrs["scores"]`. None: nothing is computed.
    threshold (float): Entities that are less probable are left out; 0 for none.
    gates (bool): Write the weights of the experts: `doc._.moee_gates`.
    incorrect_spans_key (Optional[str]): The key of spans that are no entities: those
        of `example.reference.spans`.
    scorer (Optional[Callable]): The scoring method.
    RAISES (MoeeError): M013 for a threshold that can't be; M016, for the model of
        another component.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: MoEEModelT,
        name: str = "moee_ner",
        *,
        scores_key: Optional[str] = SCORES_KEY,
        threshold: float = 0.0,
        gates: bool = False,
        incorrect_spans_key: Optional[str] = None,
        scorer: Optional[Callable] = moee_ner_score,
    ) -> None:
        check_model(model, name)
        self.vocab = vocab
        self.model = model
        self.name = name
        # not in `cfg`, which is loaded with the weights and would override the config
        self.scores_key = scores_key
        self.threshold = threshold
        self.gates = gates
        self._settings.check()
        self.incorrect_spans_key = incorrect_spans_key
        self.scorer = scorer
        self.cfg: Dict[str, Any] = {"labels": []}
        self._faults = GoldFaults()
        # where `nlp.resume_training` puts a copy of the model
        self._rehearsal_model: Optional[MoEEModelT] = None

    @property
    def tok2vec(self) -> Model:
        """The token embeddings.

        RETURNS (Model[List[Doc], List[Floats2d]]): The sub-model.
        """
        return self.model.get_ref("tok2vec")

    @property
    def _settings(self) -> Settings:
        return Settings(self.name, self.scores_key, self.threshold, self.gates)

    def add_label(
        self,
        label: str,
        *,
        description: Optional[str] = None,
        examples: Optional[Sequence[str]] = None,
    ) -> int:
        """Add an entity type, or describe one anew. Once the component is initialized,
        its network grows, and says of what it knew what it did; types of
        `spacy_moee.ConceptTagger.v1` are found by their description at once, others
        after they are learned.

        label (str): A bare type, such as PER.
        description (Optional[str]): What it is called; by default the label.
        examples (Optional[Sequence[str]]): Entities of the type.
        RETURNS (int): 1 if it was added, 0 if it was there.
        RAISES (MoeeError): M001 if the network can't grow, M003 for what is no type,
            M103 and M106 for a description that can't be or that the model does not
            read.
        """
        check_label(label)
        is_new = label not in self.labels
        if not is_new and description is None and examples is None:
            return 0
        new = EntityType(label, description, examples)
        if not set_type(self.model, self.vocab, self.labels, new):
            raise MoeeError(
                "M001", label=label, name=self.name, labels=list(self.labels)
            )
        if is_new:
            self.cfg["labels"].append(label)
            self.vocab.strings.add(label)
        return int(is_new)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Union[Sequence[str], Dict[Any, Any], None] = None,
    ) -> None:
        """Collect the labels and build the network with fresh weights.

        get_examples (Callable[[], Iterable[Example]]): Returns the training data.
        nlp (Optional[Language]): The pipeline.
        labels (Union[Sequence[str], Dict, None]): The entity types, as `spacy init
            labels` saves them, also of a `ner`; by default those of the data, sorted,
            after the ones added by `add_label`.
        RAISES (MoeeError): M006 for unusable `labels`, M007 if there is no label, M245
            for word vectors that are not finite, M009 or M010 for docs of several
            vocabularies, or of one of no language.
        """
        validate_get_examples(get_examples, "MoEENer.initialize")
        labels = read_label_data(labels)
        labels = find_labels(get_examples(), self.labels, labels, self.name)
        sample = [eg.predicted for eg in islice(get_examples(), 10)]
        assert sample, Errors.E923.format(name=self.name)
        check_attributes(self.model, sample, nlp.vocab if nlp else self.vocab)
        self.model.initialize(X=sample, Y=labels)  # type: ignore[arg-type]
        self.cfg, self._rehearsal_model = {"labels": labels}, None
        if nlp is not None:
            # another one, if the component comes from another pipeline
            self.vocab = nlp.vocab
        for label in labels:
            self.vocab.strings.add(label)
        self._check_gold(get_examples())

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Annotate a stream of docs. A batch that fails is tried again in halves, so
        that a doc that can't be read goes to the error handler alone, and one that
        fits into memory alone is read.

        stream (Iterable[Doc]): The docs.
        batch_size (int): How many are read at once.
        YIELDS (Doc): The docs in order, but for those that went to the handler.
        """
        for docs in minibatch(stream, size=batch_size):
            yield from annotate_in_halves(self, docs)

    def predict(
        self, docs: Iterable[Doc], wanted: Optional[Collection[str]] = None
    ) -> List[Prediction]:
        """Find the best tags of each doc, without changing anything.

        docs (Iterable[Doc]): The docs; they may be empty. One of another vocabulary is
            read with the vectors of its own.
        wanted (Optional[Collection[str]]): Which other fields of `Prediction` are
            filled: "gates", "detection" or "marginals" of each token, "scores" or
            "detection_scores" of each entity; by default what the settings ask for.
        RETURNS (List[Prediction]): Tags (see `spacy_moee.scheme`) of each doc, and what
            is wanted.
        RAISES (MoeeError): M101, before the component is initialized; M008 for
            embeddings that are not finite; M010 for a vocabulary of no language; M011
            for what can't be wanted.
        """
        settings = self._settings.wanted if wanted is None else wanted, self.temperature
        return call_by_vocab([*docs], lambda group: self.read(group)(*settings))

    def read(self, docs: List[Doc]) -> Callable[..., List[Prediction]]:
        """Read docs of one vocabulary once, for predictions at any temperature.

        docs (List[Doc]): The docs.
        RETURNS (Callable[..., List[Prediction]]): Takes what is wanted, as `predict`
            does, and the temperature.
        RAISES (MoeeError): As `predict`.
        """
        self._require_network()
        check_attributes(self.model, docs, self.vocab)
        presets = [preset_tokens(doc) for doc in docs]
        with prediction_threads(self.model):
            scores = self.model.predict(docs)

        def predict(wanted: Collection[str], temperature: float) -> List[Prediction]:
            with prediction_threads(self.model):
                return read_out(docs, scores, presets, wanted, temperature)

        return predict

    def set_annotations(
        self, docs: Iterable[Doc], predictions: List[Prediction]
    ) -> None:
        """Write the entities to `doc.ents`, and beside them what the settings ask for,
        if it was predicted. Preset entities and blocked tokens stay.

        docs (Iterable[Doc]): The docs.
        predictions (List[Prediction]): What `predict` returned.
        """
        settings, labels = self._settings, self.labels
        for doc, prediction in zip(docs, predictions, strict=True):
            annotate(doc, prediction, labels, settings)

    def alternatives(self, doc: Doc, k: int = 5) -> Alternatives:
        """Find what else might be said of a doc, which the component may have read or
        not: the likeliest readings of each sentence, and what each entity might have
        been. Nothing is changed. Probabilities are exact, as the scores are.

        A reading has a tag for each token that the network reads at once: a sentence,
        or, of a segment that is longer than `max_length`, each of its windows, which
        overlap. The first is what the component finds there; but for the
        `spacy_moee.ConceptTagger.v1` and the like, which tag each type apart.

        Entities are those of `doc.ents` that the component wrote; or, in a doc that it
        has not read, those that it finds. It knows its own by `doc.spans[scores_key]`;
        without scores, all of its types are its own. All other entities, and blocked
        tokens, stay: they are O in each reading, and in no candidate.

        doc (Doc): The doc; it may be empty.
        k (int): The most readings of each sentence, and candidates of each entity.
        RETURNS (Alternatives): Both, likeliest first.
        RAISES (MoeeError): M022 for a `k` below 1; M101, M008 and M010 as `predict`.
        """
        self._require_network()
        check_attributes(self.model, [doc], self.vocab)
        own, preset = find_own(doc, self.labels, self._settings)
        with prediction_threads(self.model):
            read = self.model, doc, self.labels, preset, own
            return find_alternatives(*read, k, self.temperature)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch. The network grows if it meets a new entity type, and
        there is a warning (MW05).

        examples (Iterable[Example]): The batch.
        drop (float): The dropout rate.
        sgd (Optional[Optimizer]): The optimizer; None or False accumulates.
        losses (Optional[Dict[str, float]]): Gets the loss added under the
            component's name, and its parts under `{name}_recognition`,
            `{name}_detection`, `{name}_gate`, of spans that are known to be no
            entities `{name}_incorrect`, and of what another model says of the docs
            `{name}_soft_recognition` and so on.
        RETURNS (Dict[str, float]): The losses.
        RAISES (MoeeError): M001 and M002 for a new type if the network can't grow, or
            if types have to be described, M003 for what is no type, M004 for a loss and
            M008 for embeddings that are not finite, M009 for docs of several
            vocabularies, M012 for an entity that is known to be none; all leave the
            weights as they were.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "MoEENer.update")
        if not any(len(eg.predicted) for eg in examples):
            return losses
        self._require_network()
        set_dropout_rate(self.model, drop)
        docs = [eg.predicted for eg in examples]
        check_attributes(self.model, docs, self.vocab)
        self._add_types(examples)
        scores, backprop = self.model.begin_update(docs)
        loss, d_scores = self.get_loss(examples, scores)
        backprop(d_scores)  # type: ignore[arg-type]
        return self._finish(loss, d_scores, sgd, losses)

    def rehearse(
        self,
        examples: Iterable[Example],
        *,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
        **config: Any,
    ) -> Dict[str, float]:
        """Learn to say of texts what the copy of the model says that
        `nlp.resume_training` made, without dropout. Without a copy this does nothing.

        examples (Iterable[Example]): The batch; its gold is not read.
        sgd (Optional[Optimizer]): The optimizer; None or False accumulates.
        losses (Optional[Dict[str, float]]): Gets the divergence from the copy added,
            and its parts, under the names that `update` uses.
        **config: Not read.
        RETURNS (Dict[str, float]): The losses.
        RAISES (MoeeError): M014, if the model can't rehearse; and as `update`.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples, teacher = list(examples), self._rehearsal_model
        validate_examples(examples, "MoEENer.rehearse")
        docs = [eg.predicted for eg in examples]
        if teacher is None or not any(map(len, docs)):
            return losses
        check_attributes(self.model, docs, self.vocab)
        loss, d_scores, backprop = read_again(self.model, teacher, docs, self.name)
        check_loss(loss, self.name, len(docs))
        backprop(d_scores)
        return self._finish(loss, d_scores, sgd, losses)

    def get_loss(
        self, examples: Iterable[Example], scores: Scores
    ) -> Tuple[float, Gradient]:
        """Compute the loss and its gradient, without changing anything.

        examples (Iterable[Example]): The batch.
        scores (Scores): What the model said of it.
        RETURNS (Tuple[float, Gradient]): The loss and the gradient.
        RAISES (MoeeError): M002 for an unknown label, M004 for a loss that is not
            finite, M012 for an entity that is known to be none, M626 and M627 for what
            another model says of other tokens or other types.
        """
        examples = list(examples)
        validate_examples(examples, "MoEENer.get_loss")
        numbers = {label: i for i, label in enumerate(self.labels)}
        key, docs = self.incorrect_spans_key, [eg.predicted for eg in examples]
        read = [read_annotation(eg, numbers, key, self.name) for eg in examples]
        gold, incorrect = [row for row, _ in read], [spans for _, spans in read]
        tags, soft = [row.tags for row in gold], [row.marginals for row in gold]
        loss, d_scores = compute_loss(docs, scores, tags, incorrect, soft)
        for faults in (*(row.faults for row in gold), d_scores.crossing):
            self._faults.add(faults)
        self._faults.report(self.name)
        check_loss(loss, self.name, len(docs))
        return loss, d_scores

    def _finish(
        self, loss: float, d_scores: Gradient, sgd: Any, losses: Dict[str, float]
    ) -> Dict[str, float]:
        """Take a step, if there is an optimizer, and add the loss to the others."""
        if sgd not in (None, False):
            self.finish_update(sgd)
        losses[self.name] += loss
        for part, value in d_scores.parts.items():
            key = f"{self.name}_{part}"
            losses[key] = losses.get(key, 0.0) + value
        return losses

    def _add_types(self, examples: Iterable[Example]) -> None:
        """Add the types of gold that are new."""
        for label, text in find_new_types(examples, self.labels).items():
            known = list(self.labels)
            if needs_description(self.model):
                raise MoeeError("M002", name=self.name, label=label, labels=known)
            self.add_label(label)
            warn("MW05", name=self.name, label=label, text=text, labels=known)

    def _check_gold(self, examples: Iterable[Example]) -> None:
        """Report what the network can't learn, with the counts of the whole corpus."""
        self._faults = GoldFaults()
        for example in examples:
            # those of `labels`, and what an update will meet
            types = [*self.labels, *find_new_types([example], self.labels)]
            numbers = {label: i for i, label in enumerate(types)}
            key = self.incorrect_spans_key
            gold, incorrect = read_annotation(example, numbers, key, self.name)
            row = [example.predicted], [gold.tags], [incorrect]
            crossing = find_crossing(self.model, *row)
            self._faults.add({**gold.faults, **crossing})
        self._faults.report(self.name)

    def _require_network(self) -> None:
        if not is_built(self.model):
            raise MoeeError("M101", name=self.name)
