"""How the component is saved: with checksums, and read whole or not at all."""

from math import inf
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Tuple

from spacy.pipeline import TrainablePipe
from spacy.vocab import Vocab

from .checksums import check_files, seal, unseal, write_checksums
from .errors import MoeeError
from .labels import check_saved_labels
from .models.saved import checked_load, own_parameters
from .models.types import MoEEModelT
from .models.wrapper import check_labels

# the files that the component writes itself
SAVED = ("cfg", "model")
# the key in `cfg` of what `spacy moee calibrate` found
CALIBRATION = "calibration"


class SavedPipe(TrainablePipe):
    """A pipe whose files are checked when it is loaded.

    vocab (Vocab): The shared vocabulary.
    model (Model[List[Doc], Scores]): The model.
    name (str): The pipe's name.
    cfg (Dict[str, Any]): Its settings; "labels" are the entity types.
    """

    vocab: Vocab
    model: MoEEModelT
    name: str
    cfg: Dict[str, Any]

    @property
    def labels(self) -> Tuple[str, ...]:
        """The entity types, in the order of the experts (after O).

        RETURNS (Tuple[str, ...]): Bare types, such as PER.
        """
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> List[str]:
        """What `spacy init labels` saves and `initialize(labels=...)` takes.

        RETURNS (List[str]): The entity types.
        """
        return list(self.cfg["labels"])

    @property
    def temperature(self) -> float:
        """What the scores of tags are divided by, before they become the probabilities
        of entities; it is saved with the weights.

        RETURNS (float): 1, unless the component is calibrated.
        """
        return float(self.cfg.get(CALIBRATION, {"temperature": 1.0})["temperature"])

    @temperature.setter
    def temperature(self, value: float) -> None:
        calibration = {CALIBRATION: {"temperature": value}}
        check_calibration(calibration, self.name)
        self.cfg.update(calibration)

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        own_parameters(self.model)

    def to_bytes(self, *, exclude=()) -> bytes:
        """Save the component to bytes, with their checksum.

        exclude (Iterable[str]): Names of fields to leave out.
        RETURNS (bytes): What `from_bytes` takes.
        """
        return seal(super().to_bytes(exclude=exclude))

    def to_disk(self, path, *, exclude=()) -> None:
        """Save the component to a directory, with checksums of its files.

        path (str / Path): The directory.
        exclude (Iterable[str]): Names of fields to leave out.
        """
        super().to_disk(path, exclude=exclude)
        written = [name for name in SAVED if name not in exclude]
        write_checksums(Path(path), written)

    def from_bytes(self, bytes_data: bytes, *, exclude=()) -> "SavedPipe":
        """Load the component from bytes.

        bytes_data (bytes): What `to_bytes` returned.
        exclude (Iterable[str]): Names of fields to leave out.
        RETURNS (SavedPipe): This object.
        RAISES (MoeeError): M005, for bytes that can't be read, or are not what was
            saved.
        """

        def load(data: Any, *, exclude: Iterable[str]) -> None:
            super(SavedPipe, self).from_bytes(unseal(data), exclude=exclude)

        return self._load(load, bytes_data, exclude)

    def from_disk(self, path, *, exclude=()) -> "SavedPipe":
        """Load the component from a directory.

        path (str / Path): What `to_disk` wrote.
        exclude (Iterable[str]): Names of fields to leave out.
        RETURNS (SavedPipe): This object.
        RAISES (MoeeError): M005, for files that can't be read, or are not what was
            saved.
        """

        def load(path: Any, *, exclude: Iterable[str]) -> None:
            check_files(Path(path), [name for name in SAVED if name not in exclude])
            super(SavedPipe, self).from_disk(path, exclude=exclude)

        return self._load(load, path, exclude)

    def _load(self, load: Callable, source: Any, exclude: Iterable[str]) -> "SavedPipe":
        before, weights = self.cfg, self.model.to_bytes()
        self.cfg = {**before}
        if "cfg" not in exclude:
            # one that is not calibrated says nothing of it
            self.cfg.pop(CALIBRATION, None)
        try:
            with checked_load(self.model):
                load(source, exclude=exclude)
            check_saved_labels(self.cfg, self.name)
            check_calibration(self.cfg, self.name)
            if not {"cfg", "model"} & set(exclude):
                check_labels(self.model, self.labels)
        except Exception as error:
            # parts of another pipeline may have been read by now
            self.cfg = before
            self.model.from_bytes(weights)
            place = "bytes" if isinstance(source, bytes) else source
            raise MoeeError(
                "M005", name=self.name, reason=f"{error} (in {place})"
            ) from error
        for label in self.labels:
            self.vocab.strings.add(label)
        return self


def check_calibration(cfg: Dict[str, Any], name: str) -> None:
    """Check what a component is calibrated with.

    cfg (Dict[str, Any]): The settings that it is saved with.
    name (str): The component's name.
    RAISES (MoeeError): M024, if it can't be.
    """
    if CALIBRATION not in cfg:
        return
    found = cfg[CALIBRATION]
    value = found.get("temperature") if isinstance(found, dict) else None
    valid = isinstance(value, (int, float)) and 0 < value < inf
    if not valid or len(found) > 1:
        raise MoeeError("M024", name=name, found=found)
