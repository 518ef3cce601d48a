"""Fine-tuning the upper layers of the encoder on texts of known classes (torch; never imported when
serving).

The lower layers stay as they were published, so that what they leave of the texts is computed once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import ModelError
from classifiers.encoding.graph import NORM_EPSILON, Weights
from classifiers.encoding.model_files import DIMENSIONS
from classifiers.encoding.models import DEFAULT
from classifiers.encoding.packing import PAD_TO, Ids
from classifiers.training.corpora import Report

Rows = NDArray[np.intp]

FROZEN = 3
"""Layers that stay as published; other numbers were not tried."""
EPOCHS = 3
TUNING_BATCH = 16
SORTED = 12
"""Batches that are drawn together and sorted by length, so that little of them is padding."""
RATE = 1e-4
HEAD_RATE = 1e-3
DECAY = 0.01
DROPOUT = 0.2
"""Of the mean that the head reads; the layers themselves have none."""
WARM_UP = 0.1
AVERAGED = 0.99
"""Share of the running average of all weights that a step keeps."""


@dataclass(frozen=True, slots=True)
class States:
    """What the frozen layers leave of the tokens: ``float16[tokens, 384]``, those of text i from
    ``starts[i]`` until ``starts[i + 1]``."""

    tokens: NDArray[np.float16]
    starts: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text."""
        return np.diff(self.starts)


def tuned_names(weights: Weights) -> list[str]:
    """The tensors that are tuned."""
    layers = tuple(f"encoder.layer.{layer}." for layer in range(FROZEN, DEFAULT.shape.layers))
    return [name for name in weights if name.startswith(layers)]


def freeze(weights: Weights, texts: Sequence[Ids]) -> States:
    """Run the frozen layers over the numbers of each text's tokens.

    Raises:
        ModelError: ``torch_missing``.
    """
    torch = _torch()
    own = {name: torch.from_numpy(tensor) for name, tensor in weights.items()}
    starts = np.cumsum([0, *map(len, texts)])
    tokens = np.empty((starts[-1], DIMENSIONS), np.float16)
    types = own["embeddings.token_type_embeddings.weight"][0]
    order = np.argsort(np.diff(starts), kind="stable")
    with _flushing(torch), torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for begin in range(0, len(order), TUNING_BATCH):
            rows = order[begin : begin + TUNING_BATCH]
            ids, mask = torch.zeros(
                (2, len(rows), max(len(texts[row]) for row in rows)), dtype=torch.long
            )
            for place, row in enumerate(rows):
                ids[place, : len(texts[row])] = torch.tensor(texts[row])
                mask[place, : len(texts[row])] = 1
            words = own["embeddings.word_embeddings.weight"][ids]
            positions = own["embeddings.position_embeddings.weight"][: ids.shape[1]]
            hidden = _norm(torch, own, "embeddings.LayerNorm", words + positions + types)
            hidden = _layers(torch, own, range(FROZEN), hidden, mask)
            for place, row in enumerate(rows):
                tokens[starts[row] : starts[row + 1]] = (
                    hidden[place, : len(texts[row])].half().numpy()
                )
    return States(tokens, starts)


def tune(
    weights: Weights, states: States, classes: NDArray[np.intp], rows: Rows, seed: int, say: Report
) -> Weights:
    """The tensors of the upper layers after training on ``rows`` with cross-entropy, averaged over
    the steps.

    ``classes`` int[n] are those of all texts, from 0. One thread, so that the same seed, versions
    and processor give the same weights.

    Raises:
        ModelError: ``torch_missing``.
    """
    torch = _torch()
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    own = {
        name: torch.nn.Parameter(torch.from_numpy(weights[name].copy()))
        for name in tuned_names(weights)
    }
    head = torch.nn.Linear(DIMENSIONS, int(classes.max()) + 1)
    average = {name: tensor.detach().clone() for name, tensor in own.items()}
    groups = [
        {"params": list(own.values()), "lr": RATE},
        {"params": list(head.parameters()), "lr": HEAD_RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
    steps = len(rows) * EPOCHS // TUNING_BATCH
    plan = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / (WARM_UP * steps)) * max(0.02, 1 - step / steps)
    )
    losses = []
    with _flushing(torch):
        for step, chosen in zip(range(steps), _draws(rows, states.lengths, random), strict=False):
            hidden, mask = _padded(torch, states, chosen)
            with torch.autocast("cpu", torch.bfloat16):
                hidden = _layers(torch, own, range(FROZEN, DEFAULT.shape.layers), hidden, mask)
            shown = mask.unsqueeze(2)
            means = (hidden.float() * shown).sum(1) / shown.sum(1)
            logits = head(torch.nn.functional.dropout(means, DROPOUT))
            loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(classes[chosen]))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([*own.values(), *head.parameters()], 1.0)
            optimizer.step()
            plan.step()
            losses.append(float(loss.detach()))
            with torch.no_grad():
                for name, tensor in own.items():
                    average[name].lerp_(tensor, 1 - min(AVERAGED, (step + 2) / (step + 11)))
            if (step + 1) % 25 == 0:
                say(f"step {step + 1} of {steps}: loss {np.mean(losses[-25:]):.3f}")
    return {name: tensor.numpy() for name, tensor in average.items()}


def _draws(rows: Rows, lengths: NDArray[np.int64], random: np.random.Generator) -> Iterator[Rows]:
    """Batches without end, all rows once before any comes again."""
    while True:
        order = random.permutation(rows)
        drawn = np.array_split(order, max(1, len(order) // (TUNING_BATCH * SORTED)))
        order = np.concatenate([part[np.argsort(lengths[part], kind="stable")] for part in drawn])
        batches = [
            order[begin : begin + TUNING_BATCH] for begin in range(0, len(order), TUNING_BATCH)
        ]
        yield from (batches[place] for place in random.permutation(len(batches)))


def _padded(torch: Any, states: States, rows: Rows) -> tuple[Any, Any]:
    """States ``bfloat16[n, tokens, 384]``, and which tokens are no padding
    ``float32[n, tokens]``."""
    width = -(-int(states.lengths[rows].max()) // PAD_TO) * PAD_TO
    hidden = torch.zeros(len(rows), width, DIMENSIONS, dtype=torch.bfloat16)
    mask = torch.zeros(len(rows), width)
    for place, row in enumerate(rows):
        length = int(states.lengths[row])
        hidden[place, :length] = torch.from_numpy(
            states.tokens[states.starts[row] : states.starts[row + 1]]
        )
        mask[place, :length] = 1
    return hidden, mask


def _layers(torch: Any, own: Mapping[str, Any], layers: range, hidden: Any, mask: Any) -> Any:
    bias = ((1 - mask) * -1e4)[:, None, None, :].to(torch.bfloat16)
    for layer in layers:
        name = f"encoder.layer.{layer}."
        parts = [
            _dense(torch, own, f"{name}attention.self.{part}", hidden)
            for part in ("query", "key", "value")
        ]
        heads = [
            part.unflatten(2, (DEFAULT.shape.attention_heads, -1)).transpose(1, 2) for part in parts
        ]
        mixed = (
            torch.nn.functional.scaled_dot_product_attention(*heads, attn_mask=bias)
            .transpose(1, 2)
            .flatten(2)
        )
        mixed = _dense(torch, own, f"{name}attention.output.dense", mixed)
        hidden = _norm(torch, own, f"{name}attention.output.LayerNorm", mixed + hidden)
        inner = torch.nn.functional.gelu(_dense(torch, own, f"{name}intermediate.dense", hidden))
        hidden = _norm(
            torch,
            own,
            f"{name}output.LayerNorm",
            _dense(torch, own, f"{name}output.dense", inner) + hidden,
        )
    return hidden


def _dense(torch: Any, own: Mapping[str, Any], name: str, hidden: Any) -> Any:
    return torch.nn.functional.linear(hidden, own[f"{name}.weight"], own[f"{name}.bias"])


def _norm(torch: Any, own: Mapping[str, Any], name: str, hidden: Any) -> Any:
    weight, bias = own[f"{name}.weight"], own[f"{name}.bias"]
    return torch.nn.functional.layer_norm(
        hidden.float(), weight.shape, weight, bias, NORM_EPSILON
    ).to(hidden.dtype)


def _torch() -> Any:
    """torch on one thread."""
    try:
        import torch
    except ImportError as error:
        raise ModelError(
            "torch_missing",
            "Tuning the encoder needs torch, which is not installed; install it with: "
            'pip install "feedback-relay[torch]"',
        ) from error
    torch.set_num_threads(1)
    return torch


@contextmanager
def _flushing(torch: Any) -> Iterator[None]:
    """Numbers too small to be normal count as zero, which is much faster; only here, since the
    whole thread would go on with it."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
