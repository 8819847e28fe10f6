"""Weights that are generated from what they are for (Jia et al. 2019; the idea is that
of Platanios et al. 2018, "Contextual Parameter Generation")."""

import math
from typing import List, Tuple

import torch
from torch import Tensor, nn

# tasks, by their numbers
RECOGNITION, LANGUAGE = 0, 1
# a task and a domain
Pair = Tuple[int, int]


class ParameterGenerator(nn.Module):
    """Generates the weights of a BiLSTM from the vectors of a task and of a domain:

        theta = sum_ij t_i d_j W_ij

    Nothing is added to it.

    width (int): Width of the input.
    hidden_width (int): Width of each direction.
    task_width (int): Width of the vector of a task.
    domain_width (int): Width of the vector of a domain.
    """

    def __init__(
        self, width: int, hidden_width: int, task_width: int, domain_width: int
    ) -> None:
        super().__init__()
        gates = 4 * hidden_width
        shapes = (gates, width), (gates, hidden_width), (gates,), (gates,)
        self.shapes: List[Tuple[int, ...]] = [*shapes, *shapes]
        self.tasks = nn.Parameter(torch.empty(2, task_width))
        self.domains = nn.Parameter(torch.empty(2, domain_width))
        # W in parts, [task_width * domain_width, numbers of a weight]: memory for the
        # gradient of the whole would be fetched from the system, and cleared, each time
        n_pairs = task_width * domain_width
        self.parts = nn.ParameterList(
            nn.Parameter(torch.empty(n_pairs, math.prod(shape)))
            for shape in self.shapes
        )
        for part in self.parts:
            nn.init.uniform_(part, -(hidden_width**-0.5), hidden_width**-0.5)
        for vectors in (self.tasks, self.domains):
            bound = math.sqrt(3 / vectors.shape[1])
            nn.init.uniform_(vectors, -bound, bound)

    def forward(self, pairs: List[Pair]) -> List[List[Tensor]]:
        """Generate the weights of some BiLSTMs.

        pairs (List[Pair]): Their tasks and domains.
        RETURNS (List[List[Tensor]]): The weights of each, as `run_bilstm` takes them.
        """
        tasks = self.tasks[[task for task, _ in pairs]]
        domains = self.domains[[domain for _, domain in pairs]]
        factors = (tasks.unsqueeze(2) * domains.unsqueeze(1)).flatten(1)
        # a product for all pairs: what it costs is to read W
        weights = [
            (factors @ part).view(-1, *shape).unbind()
            for part, shape in zip(self.parts, self.shapes, strict=True)
        ]
        return [list(parts) for parts in zip(*weights, strict=True)]
