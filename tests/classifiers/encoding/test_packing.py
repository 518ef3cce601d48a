"""Texts in rows: each once, whole, within its row, and with little padding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.contract import Encoded
from classifiers.encoding.model_files import ENCODER_TOKENS
from classifiers.encoding.packing import (
    BATCH_TOKENS,
    NARROW_ROW_TOKENS,
    PAD_TO,
    Part,
    batches,
    pack,
)

LENGTHS = st.lists(st.integers(1, ENCODER_TOKENS), min_size=1, max_size=200)


@given(LENGTHS)
def test_rows_hold_every_text_once_and_within_their_width(lengths: list[int]) -> None:
    rows = pack(lengths)
    assert sorted(place for found in rows.values() for row in found for place in row) == list(
        range(len(lengths))
    )
    for width, found in rows.items():
        assert all(sum(lengths[place] for place in row) <= width for row in found)


@settings(max_examples=50)
@given(LENGTHS, st.integers(1, 4))
def test_batches_carry_each_text_from_its_start_to_its_end(
    lengths: list[int], workers: int
) -> None:
    texts = [
        [1000 * number + token for token in range(length)] for number, length in enumerate(lengths)
    ]
    seen = []
    for batch in batches(texts, workers):
        ids, places, numbers = batch.ids, batch.places, batch.texts
        assert ids.size <= BATCH_TOKENS
        assert ids.shape[1] % PAD_TO == 0
        ends = [*batch.starts[1:], ids.size]
        for start, end, owner in zip(batch.starts, ends, batch.owners, strict=True):
            if owner < 0:
                assert set(numbers.flat[start:end]) == {-1}
                continue
            seen.append(owner)
            assert ids.flat[start:end].tolist() == texts[owner]
            assert places.flat[start:end].tolist() == list(range(lengths[owner]))
            row = numbers[start // ids.shape[1]]
            assert (row == numbers.flat[start]).sum() == lengths[owner]
    assert sorted(seen) == list(range(len(lengths)))


@given(LENGTHS)
def test_a_text_gets_the_mean_of_its_own_tokens(lengths: list[int]) -> None:
    texts = [[number] * length for number, length in enumerate(lengths)]
    found = Encoded(*np.full((3, len(texts), 2), np.nan, np.float32))
    for batch in batches(texts):
        ids = batch.ids.astype(np.float32)
        tokens = np.stack([ids, np.ones_like(ids)], axis=2)
        batch.pool(tokens, tokens + 1, {}, found)
    numbers = np.arange(len(texts))
    assert np.allclose(found.inner, np.stack([numbers + 1, np.full_like(numbers, 2)], 1))
    assert np.allclose(
        found.vectors, np.stack([numbers, np.ones_like(numbers)], 1) / np.hypot(numbers, 1)[:, None]
    )


@given(LENGTHS, st.data())
def test_a_part_gets_the_mean_of_its_own_tokens_and_the_whole_where_it_has_none(
    lengths: list[int], data: st.DataObject
) -> None:
    texts = [
        [1000 * number + token for token in range(length)] for number, length in enumerate(lengths)
    ]
    parts: dict[int, list[Part]] = {}
    means: list[float] = []
    for number in data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=5, unique=True)):
        ends = st.integers(0, lengths[number])
        for begin, end in data.draw(
            st.lists(st.tuples(ends, ends).map(sorted), min_size=1, max_size=3)
        ):
            parts.setdefault(number, []).append(Part(len(means), begin, end))
            means.append(float(np.mean(texts[number][begin:end] or texts[number])))
    empty = np.full((len(texts), 1), np.nan, np.float32)
    found = Encoded(empty, empty.copy(), np.full((len(means), 1), np.nan, np.float32))
    for batch in batches(texts):
        tokens = batch.ids.astype(np.float32)[:, :, None]
        batch.pool(tokens, tokens, parts, found)
    assert np.allclose(found.parts[:, 0], means, rtol=1e-4)


@pytest.mark.parametrize(
    ("low", "high"), [(3, 30), (3, ENCODER_TOKENS + 1), (3, NARROW_ROW_TOKENS)]
)
def test_hardly_any_padding_among_many_texts(low: int, high: int) -> None:
    lengths = np.random.default_rng(1).integers(low, high, 1000).tolist()
    tokens = sum(batch.ids.size for batch in batches([[1] * length for length in lengths], 2))
    assert tokens < 1.04 * sum(lengths)


def test_one_text_brings_no_row_to_fill() -> None:
    (batch,) = batches([[1] * 9])
    assert batch.ids.shape == (1, 16)


def test_workers_share_the_rows_evenly() -> None:
    sizes = [len(batch.ids) for batch in batches([[1] * NARROW_ROW_TOKENS] * 70, 2)]
    assert len(sizes) == 10
    assert max(sizes) - min(sizes) <= 1
