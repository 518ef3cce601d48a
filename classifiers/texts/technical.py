"""What a developer looks for in a comment: versions, systems, browsers, devices, plans, error
messages and logs, files that are linked, and ways around that people name.

All of it by words and shapes alone, with no model: it is shown as what people *wrote*, never as
what is so. Every pattern runs in time linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from classifiers.texts.technical_words import (
    AGENT_BROWSERS,
    AGENT_SYSTEMS,
    BARE_VERSION,
    BROWSER_NAMED,
    DATE_WRITTEN,
    DEVICE_NAMED,
    ERROR_SAID,
    EVERYDAY_NAMES,
    FILE_LINK,
    LOG_CONTINUED,
    LOG_LINE,
    NAMED_VERSION,
    NO_WORKAROUND,
    PLAN_NAMED,
    SENTENCE_BREAK,
    STEPS_TOLD,
    SYSTEM_NAMED,
    SYSTEM_SPELLINGS,
    USER_AGENT_QUOTED,
    WORKAROUND_NAMED,
)

LOG_MAX_CHARACTERS = 1_500
LOG_LINES_MOST = 25
LOGS_OF_A_TEXT = 3
WORKAROUND_MAX_CHARACTERS = 300
TECHNICAL_TEXT_MAX_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Technical:
    """What one comment says, each in the order in which it stands there, nothing twice.

    ``versions`` are of the product (``2.3.1``); ``systems``, ``browsers`` and ``devices`` are named
    as their makers do (``Windows 11``, ``Firefox 121``); ``logs`` are pieces of several lines;
    ``workarounds`` are whole sentences; ``files`` are addresses.
    """

    versions: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    browsers: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    workarounds: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    has_steps: bool = False
    names_error: bool = False

    @property
    def weight(self) -> int:
        """How much a developer can do with it; 0 where it says nothing of the kind."""
        where = bool(self.systems) + bool(self.browsers) + bool(self.devices)
        told_in_detail = 3 * bool(self.logs) + 2 * bool(self.versions) + 2 * self.has_steps
        return told_in_detail + where + self.names_error + bool(self.files)


def technical(text: str) -> Technical:
    """What a comment says that a developer looks for.

    >>> technical("Crashes since version 2.3.1 on Windows 11").systems
    ('Windows 11',)
    """
    text = text[:TECHNICAL_TEXT_MAX_CHARACTERS]
    agents = USER_AGENT_QUOTED.findall(text)
    words = USER_AGENT_QUOTED.sub(" ", text)
    agent_systems = [_first(AGENT_SYSTEMS, agent) for agent in agents]
    agent_browsers = [_first(AGENT_BROWSERS, agent) for agent in agents]
    systems = [*_named(SYSTEM_NAMED, words, SYSTEM_SPELLINGS), *agent_systems]
    browsers = [*_named(BROWSER_NAMED, words, {}), *agent_browsers]
    plain = BROWSER_NAMED.sub(" ", SYSTEM_NAMED.sub(" ", words))
    versions = [*NAMED_VERSION.findall(plain), *BARE_VERSION.findall(plain)]
    return Technical(
        versions=_once(one.lower() for one in versions if not DATE_WRITTEN.fullmatch(one)),
        systems=_once(systems),
        browsers=_once(browsers),
        devices=_once(DEVICE_NAMED.findall(words)),
        plans=_once(plan.capitalize() for plan in PLAN_NAMED.findall(words)),
        logs=tuple(_logs(text))[:LOGS_OF_A_TEXT],
        workarounds=_once(_workarounds(words)),
        files=_once(match[0] for match in FILE_LINK.finditer(text)),
        has_steps=len(STEPS_TOLD.findall(words)) > 1,
        names_error=ERROR_SAID.search(words) is not None,
    )


def _named(pattern: re.Pattern[str], text: str, names: dict[str, str]) -> Iterator[str]:
    for match in pattern.finditer(text):
        word, number = match[1], match[2] or ""
        if word.lower() in EVERYDAY_NAMES and not number and not word[:1].isupper():
            continue
        name = names.get(word.lower(), word.capitalize())
        yield f"{name} {number if number[:1].isdigit() else number.capitalize()}".rstrip()


def _first(patterns: tuple[tuple[re.Pattern[str], str], ...], agent: str) -> str:
    """What a browser calls itself or its system; blank where it is none that we know."""
    for pattern, name in patterns:
        if match := pattern.search(agent):
            return name.format(match[1].replace("_", ".")).strip()
    return ""


def _logs(text: str) -> Iterator[str]:
    """Lines that follow each other and look like output of a program."""
    piece: list[str] = []
    for line in [*text.split("\n"), ""]:
        if LOG_LINE.match(line) or (piece and LOG_CONTINUED.match(line)):
            piece.append(line.rstrip())
            continue
        if piece:
            shown = "\n".join(piece[:LOG_LINES_MOST])[:LOG_MAX_CHARACTERS]
            yield shown.strip("\n")
        piece = []


def _workarounds(text: str) -> Iterator[str]:
    for sentence in SENTENCE_BREAK.split(text):
        if "?" in sentence or len(sentence) > WORKAROUND_MAX_CHARACTERS:
            continue
        match = WORKAROUND_NAMED.search(sentence)
        if match and not NO_WORKAROUND.search(sentence[: match.start()]):
            yield " ".join(sentence.split())


def _once(values: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
