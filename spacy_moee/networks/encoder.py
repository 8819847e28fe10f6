"""The text encoder: a bidirectional LSTM over padded sequences."""

from typing import List, Optional, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

# sigmoid(-1e4) is 0 in float32: a closed LSTM gate
CLOSED = -1e4


def closing_column(hidden_width: int) -> Tensor:
    """Make the weights of an input column that is 1 on padding, where they close the
    input and the output gate of an LSTM.

    hidden_width (int): Width of the LSTM.
    RETURNS (Tensor): Shape [4 * hidden_width, 1].
    """
    gates = torch.zeros(4, hidden_width, 1)
    gates[0] = gates[3] = CLOSED
    return gates.view(-1, 1)


def run_bilstm(inputs: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """Run one layer of a bidirectional LSTM.

    inputs (Tensor): Shape [batch, seq, columns].
    weights (Sequence[Tensor]): Of the forward direction, then of the other: from the
        input, [4 * hidden, columns], from the state, [4 * hidden, hidden], and the
        biases of both.
    RETURNS (Tensor): Hidden states, shape [batch, seq, 2 * hidden].
    """
    zeros = inputs.new_zeros(2, inputs.shape[0], weights[1].shape[1])
    # cuDNN keeps what backward needs only in training mode
    return torch.lstm(
        inputs, (zeros, zeros), [*weights], True, 1, 0.0,
        torch.is_grad_enabled(), True, True,
    )[0]  # fmt: skip


class BiLSTM(nn.Module):
    """A bidirectional LSTM (paper, section 2: h = BiLSTM(x); decision D2).

    The result of a sequence does not depend on what it is batched with, yet no
    sequence is packed or reversed, which costs 5 to 25 % of the speed on a CPU.
    Instead the input gets one more column, which is 1 on padding and whose
    constant weights close the input and the output gate there. So the state stays
    zero over padding, and the backward direction meets the last real token with
    the zero state that it would have without padding.

    width (int): Width of the input vectors.
    hidden_width (int): Width of each direction; the output is twice as wide.
    depth (int): The number of layers.
    """

    close: Tensor  # [4 * hidden_width, 1]

    def __init__(self, width: int, hidden_width: int, depth: int) -> None:
        super().__init__()
        # owns the parameters, their names and PyTorch's default initialization
        self.lstm = nn.LSTM(
            width, hidden_width, depth, bidirectional=True, batch_first=True
        )
        self.register_buffer("close", closing_column(hidden_width), persistent=False)

    @property
    def width(self) -> int:
        """Width of the input vectors."""
        return self.lstm.input_size

    def forward(
        self,
        vectors: Tensor,
        mask: Tensor,
        dropout: float = 0.0,
        table: Optional[Tensor] = None,
    ) -> Tensor:
        """Encode a batch.

        vectors (Tensor): Token vectors, shape [batch, seq, width].
        mask (Tensor): True on real tokens, shape [batch, seq].
        dropout (float): Rate of the dropout on the input of every layer, and on
            no output of the last (decision D1). 0 for prediction.
        table (Optional[Tensor]): Vectors, shape [rows, columns], for inputs whose
            last `columns` are sums of these rows. `vectors` then ends with the
            `rows` factors of each sum in its place: the same numbers, and few
            factors are less work than wide sums.
        RETURNS (Tensor): Hidden states, shape [batch, seq, 2 * hidden_width];
            zero on padding.
        """
        padding = (~mask).to(vectors.dtype).unsqueeze(2)  # [batch, seq, 1]
        states = vectors
        for layer in range(self.lstm.num_layers):
            states = functional.dropout(states, dropout, training=dropout > 0)
            # [batch, seq, width + 1] -> [batch, seq, 2 * hidden_width]
            inputs = torch.cat([states, padding], dim=2)
            states = self._run(layer, inputs, None if layer else table)
        return states

    def _run(self, layer: int, inputs: Tensor, table: Optional[Tensor]) -> Tensor:
        weights: List[Tensor] = []
        for direction in ("", "_reverse"):
            w_ih, w_hh, b_ih, b_hh = (
                getattr(self.lstm, f"{name}_l{layer}{direction}")
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            if table is not None:
                own = w_ih.shape[1] - table.shape[1]
                w_ih = torch.cat([w_ih[:, :own], w_ih[:, own:] @ table.T], dim=1)
            weights += [torch.cat([w_ih, self.close], dim=1), w_hh, b_ih, b_hh]
        return run_bilstm(inputs, weights)
