"""RMSprop that gives way to SGD at a score, as Jia et al. (2019) train."""

import threading
import weakref
from typing import Any, Iterator, List, Optional, Sequence, Tuple

import torch
from thinc.api import Optimizer
from thinc.backends import get_array_ops
from thinc.optimizers import FloatOrSeq
from thinc.types import FloatsXd
from torch import Tensor

from ..errors import check_setting, warn

NAME = "spacy_moee.RMSprop.v1"
# weights that are updated at once on a CPU: few enough that they are still in its cache
# in the next of the operations, which halves the time of a large parameter
BLOCK = 2**17
_last = threading.local()


class RMSprop(Optimizer):
    """PyTorch's RMSprop, without momentum and not centered, and from a score on its
    SGD, without momentum: the same numbers, for the parameters of Thinc's layers and of
    ours. L2 is added to the gradient, and nothing is clipped or averaged.

    It works in the memory of the weights, and clears the gradient in the same pass.

    learn_rate (FloatOrSeq): The learn rate of RMSprop, or a schedule of it.
    L2 (float): The weight of the parameters in the gradient.
    alpha (float): How much of the average of squared gradients stays at each step.
    eps (float): Added to the root of this average.
    switch_score (Optional[float]): The score above which it goes on as SGD; None for no
        switch.
    sgd_rate (float): The learn rate of SGD.
    """

    __slots__ = [
        *("alpha", "switch_score", "sgd_rate", "is_sgd", "gets_scores"),
        "__weakref__",
    ]

    def __init__(
        self,
        learn_rate: FloatOrSeq = 0.001,
        *,
        L2: float = 1e-8,
        alpha: float = 0.99,
        eps: float = 1e-8,
        switch_score: Optional[float] = 0.72,
        sgd_rate: float = 0.015,
    ) -> None:
        super().__init__(
            learn_rate,
            L2=L2,
            eps=eps,
            grad_clip=0.0,
            use_averages=False,
            L2_is_weight_decay=False,
        )
        self.alpha = alpha
        self.switch_score = switch_score
        self.sgd_rate = sgd_rate
        self.is_sgd = False
        # or it will say that it never switches
        self.gets_scores = switch_score is None

    def take_score(self, score: float) -> bool:
        """Go on as SGD if a score is high enough. Nothing that RMSprop remembers of the
        gradients is needed any more.

        score (float): The score of an evaluation on development data.
        RETURNS (bool): Whether it switches now.
        """
        self.gets_scores = True
        if self.is_sgd or self.switch_score is None or not score > self.switch_score:
            return False
        self.is_sgd = True
        self.schedules.pop("learn_rate", None)
        self.learn_rate = self.sgd_rate
        self.mom2.clear()
        return True

    def __call__(
        self,
        key: Tuple[int, str],
        weights: FloatsXd,
        gradient: FloatsXd,
        *,
        lr_scale: float = 1.0,
    ) -> Tuple[FloatsXd, FloatsXd]:
        """Update a parameter in place, and set its gradient to zero.

        key (Tuple[int, str]): What identifies the parameter.
        weights (FloatsXd): Its values, on any device.
        gradient (FloatsXd): Their gradient.
        lr_scale (float): A factor of the learn rate.
        RETURNS (Tuple[FloatsXd, FloatsXd]): The same two arrays.
        """
        if not self.gets_scores:
            self.gets_scores = True
            warn("MW81", score=self.switch_score)
        if not gradient.size:
            return weights, gradient
        self.nr_update[key] += 1
        arrays: List[Any] = [weights, gradient]
        if not self.is_sgd:
            if key not in self.mom2:
                # flat, as all that Thinc's optimizers remember
                self.mom2[key] = get_array_ops(weights).alloc1f(weights.size)
            arrays.append(self.mom2[key].reshape(weights.shape))
        for parts in _split([*map(torch.from_dlpack, arrays)]):
            self._update(parts, lr_scale * self.learn_rate)
        return weights, gradient

    def _update(self, parts: Sequence[Tensor], rate: float) -> None:
        """The operations of PyTorch's optimizers, in their order."""
        weights, gradient, *squares = parts
        if self.L2:
            gradient.add_(weights, alpha=self.L2)
        if squares:
            (average,) = squares
            average.mul_(self.alpha)
            average.addcmul_(gradient, gradient, value=1 - self.alpha)
            weights.addcdiv_(gradient, average.sqrt().add_(self.eps), value=-rate)
        else:
            weights.add_(gradient, alpha=-rate)
        gradient.zero_()


def make_rmsprop(
    learn_rate: FloatOrSeq = 0.001,
    L2: float = 1e-8,
    alpha: float = 0.99,
    eps: float = 1e-8,
    switch_score: Optional[float] = 0.72,
    sgd_rate: float = 0.015,
) -> Optimizer:
    """Train with RMSprop, and with SGD as soon as a score on the development data is
    above `switch_score`: the schedule of Jia et al. (2019), with their numbers.
    Registered as `spacy_moee.RMSprop.v1`, for [training.optimizer].

    Both are PyTorch's: L2 is added to the gradient, without momentum, without clipping,
    and with no decay of the learn rate. No average of the weights is kept. An optimizer
    knows no scores: `spacy_moee.ScoreLogger.v1` as [training.logger] tells it of each
    evaluation, for which [training] eval_frequency is an epoch in the original. Without
    that logger it never switches, and warns about it at the first step.

    learn_rate (FloatOrSeq): The learn rate of RMSprop, or a schedule of it.
    L2 (float): The weight of the parameters in the gradient.
    alpha (float): How much of the average of squared gradients stays at each step.
    eps (float): Added to the root of this average.
    switch_score (Optional[float]): The score, from 0 to 1, above which SGD takes over;
        null for RMSprop alone.
    sgd_rate (float): The learn rate of SGD.
    RETURNS (Optimizer): The optimizer.
    RAISES (MoeeError): M103, for invalid values.
    """
    is_score = switch_score is None or 0 <= switch_score <= 1
    for argument, value, valid, expected in (
        ("L2", L2, L2 >= 0, "0 or more"),
        ("alpha", alpha, 0 <= alpha < 1, "from 0 to less than 1"),
        ("eps", eps, eps > 0, "above 0"),
        ("switch_score", switch_score, is_score, "from 0 to 1, or null"),
        ("sgd_rate", sgd_rate, sgd_rate > 0, "above 0"),
    ):
        check_setting(valid, argument, NAME, expected, value)
    optimizer = RMSprop(
        learn_rate,
        L2=L2,
        alpha=alpha,
        eps=eps,
        switch_score=switch_score,
        sgd_rate=sgd_rate,
    )
    rate = optimizer.learn_rate
    check_setting(rate > 0, "learn_rate", NAME, "above 0", rate)
    _last.made = weakref.ref(optimizer)
    return optimizer


def take_last_made() -> Optional[RMSprop]:
    """Find the optimizer that a config made last in this thread. spaCy's training
    makes one and sets the logger up right after it, but shows neither to the other.

    RETURNS (Optional[RMSprop]): The optimizer, once; None, if there is none.
    """
    made = getattr(_last, "made", None)
    _last.made = None
    return None if made is None else made()


def _split(tensors: List[Tensor]) -> Iterator[Sequence[Tensor]]:
    """Cut tensors of one shape into blocks, if they are worth it."""
    first, *_ = tensors
    whole = first.device.type != "cpu" or first.numel() <= BLOCK
    if whole or not all(tensor.is_contiguous() for tensor in tensors):
        yield tensors
    else:
        blocks = [tensor.view(-1).split(BLOCK) for tensor in tensors]
        yield from zip(*blocks, strict=True)
