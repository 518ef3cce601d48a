"""What a file to import is made of: itself, or the tables in a zip; how each of them is encoded.

Nothing of a zip is ever unpacked onto the disk, and what it may hold is bounded.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, cast

from app.errors import Invalid

TABLE_KINDS = (".csv", ".tsv")
JSON_KINDS = (".json", ".jsonl", ".ndjson")
ZIP_ENTRIES_MAX = 20_000
ZIP_BYTES_MAX = 4 * 1024**3
"""What the tables of a zip may have unpacked, all together."""
ZIP_RATIO_MAX = 200
"""How much smaller than its content an entry may be; text shrinks to a tenth, a bomb to a
thousandth."""
ZIP_RATIO_FROM_BYTES = 4 * 1024**2
SNIFFED_BYTES = 4096
SCANNED_BYTES = 256 * 1024

Opened = tuple[IO[bytes], IO[bytes]]
"""What is read, and the file on disk below it, whose position says how far we are."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table. ``name`` is its path in the zip, blank for a file of its own; ``kind`` the suffix
    in lower case; every ``open`` begins anew."""

    name: str
    kind: str
    open: Callable[[], Opened]


@dataclass(slots=True)
class FileFacts:
    """What was noticed on the way: each ``encodings`` once, and what of a zip is no table."""

    encodings: list[str] = field(default_factory=list)
    entries_ignored: list[str] = field(default_factory=list)


@contextmanager
def parts_of(path: Path, facts: FileFacts) -> Iterator[list[Part]]:
    """The tables of ``path``, while the file is open.

    Raises Invalid (``file_type_unknown``, ``archive_unsafe``), OSError, zipfile.BadZipFile.
    """
    if path.suffix.lower() == ".zip":
        with path.open("rb") as raw, zipfile.ZipFile(raw) as archive:
            yield _entries(path, archive, raw, facts)
        return
    packed = path.suffix.lower() == ".gz"
    kind = Path(path.stem if packed else path.name).suffix.lower()
    if kind not in TABLE_KINDS + JSON_KINDS:
        raise Invalid(
            f"{path.name} is not named .csv, .tsv, .json, .jsonl or .ndjson (or any of them with "
            ".gz), nor .zip.",
            reason="file_type_unknown",
        )
    with path.open("rb") as raw:

        def begin() -> Opened:
            raw.seek(0)
            return (cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw), raw

        yield [Part("", kind, begin)]


def _entries(path: Path, archive: zipfile.ZipFile, raw: IO[bytes], facts: FileFacts) -> list[Part]:
    """The tables in the zip, in the order of their names. Raises Invalid."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > ZIP_ENTRIES_MAX:
        raise _unsafe(path, f"it holds more than {ZIP_ENTRIES_MAX:,} files")
    tables: list[Part] = []
    size = 0
    for entry in sorted(entries, key=lambda entry: entry.filename):
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or re.match(r"[A-Za-z]:", entry.filename):
            raise _unsafe(path, "a name in it leads out of it")
        if name.parts[0] == "__MACOSX" or name.name.startswith("."):
            continue
        if name.suffix.lower() not in TABLE_KINDS + JSON_KINDS:
            facts.entries_ignored.append(str(name))
            continue
        if entry.flag_bits & 1:
            raise _unsafe(path, "it is locked with a password")
        size += entry.file_size
        if size > ZIP_BYTES_MAX:
            raise _unsafe(path, f"unpacked it has more than {ZIP_BYTES_MAX // 1024**3} GB")
        if (
            entry.file_size > ZIP_RATIO_FROM_BYTES
            and entry.file_size > ZIP_RATIO_MAX * entry.compress_size
        ):
            raise _unsafe(path, f"{name} unpacks to more than {ZIP_RATIO_MAX} times its size")
        tables.append(Part(str(name), name.suffix.lower(), _opening(archive, entry, raw)))
    if not tables:
        raise Invalid(
            f"{path.name} holds no file named .csv, .tsv, .json, .jsonl or .ndjson.",
            reason="file_type_unknown",
        )
    return tables


def _opening(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, raw: IO[bytes]
) -> Callable[[], Opened]:
    return lambda: (archive.open(entry), raw)


def _unsafe(path: Path, why: str) -> Invalid:
    return Invalid(f"{path.name} is not read: {why}.", reason="archive_unsafe")


def encoding_of(part: Part, named: str) -> str:
    """The codec to read ``part`` with: ``named``, else by its byte order mark, else UTF-16 where
    every other byte is zero, else UTF-8.

    A table of which no letter beyond ASCII is UTF-8 is Windows-1252, as Excel saves it; JSON is
    UTF-8 by its standard, so a wrong byte there spoils its row only. Raises Invalid
    (``encoding_unknown``).
    """
    if named:
        try:
            return "utf-8-sig" if codecs.lookup(named).name == "utf-8" else _text_codec(named)
        except LookupError:
            raise Invalid(
                f"There is no encoding {named!r}; others are utf-8, utf-16, cp1252, latin-1.",
                reason="encoding_unknown",
            ) from None
    stream, raw = part.open()
    try:
        return _sniffed(stream, part.kind)
    finally:
        if stream is not raw:
            stream.close()


def _sniffed(stream: IO[bytes], kind: str) -> str:
    head = stream.read(SNIFFED_BYTES)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros_first, zeros_second = head[0::2].count(0), head[1::2].count(0)
    if max(zeros_first, zeros_second) * 5 > len(head):
        return "utf-16-le" if zeros_second > zeros_first else "utf-16-be"
    if kind in TABLE_KINDS and not head.startswith(codecs.BOM_UTF8):
        return _table_encoding(head, stream)
    return "utf-8-sig"


def _text_codec(named: str) -> str:
    """The codec's own name. Raises LookupError for one that does not make text of bytes."""
    "".encode(named)
    return codecs.lookup(named).name


def _table_encoding(head: bytes, stream: IO[bytes]) -> str:
    """``cp1252`` where there are letters beyond ASCII and none of them is UTF-8, else UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    broken = False
    chunk = head
    while chunk:
        content = decoder.decode(chunk)
        if not content.isascii():
            if re.search("[\u0080-\ud7ff\ue000-\U0010ffff]", content):
                return "utf-8-sig"
            broken = True
        chunk = stream.read(SCANNED_BYTES)
    return "cp1252" if broken or not decoder.decode(b"", True).isascii() else "utf-8-sig"
