"""What platforms that are read list by list have in common: ``poll`` and ``check`` of their reader.

A reader says which lists there are and reads a page of one; ``integrations.listing`` walks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import httpx
from pydantic import BaseModel

from integrations.contract import Finding
from integrations.listing import ListPage, Stream, walk_lists
from integrations.poll_contract import Poll, PollError
from integrations.polling import PollAnswer, Query, ask, forbidden, unreadable

S = TypeVar("S", bound=BaseModel)
LISTS_CHECKED = 10


class ListReader(ABC, Generic[S]):
    """Reads the lists of one source.

    ``title`` begins sentences that people read. ``needed`` names the scope or role that a refusal
    asks for, ``remedy`` is what to do where a check fails. ``newest_first``: see ``listing``.
    """

    title: ClassVar[str]
    needed: ClassVar[str] = ""
    remedy: ClassVar[str]
    newest_first: ClassVar[bool] = True

    def __init__(
        self, settings: S, credentials: Mapping[str, Any], http: httpx.AsyncClient
    ) -> None:
        self.settings = settings
        self.credentials = credentials
        self.http = http

    @abstractmethod
    async def streams(self) -> Sequence[str]:
        """The names of the lists. Raises PollError."""

    @abstractmethod
    async def page(self, stream: Stream) -> ListPage:
        """A page of a list. Raises PollError."""

    async def greeting(self) -> list[Finding]:
        """What a check says before it tries the lists. Raises PollError."""
        return []

    def subject(self, name: str) -> str:
        """What a check calls a list."""
        return name

    def headers(self) -> Mapping[str, str]:
        """The headers of every call."""
        return {}

    async def answer(
        self,
        url: str,
        params: Query | None = None,
        *,
        question: Mapping[str, Any] | None = None,
    ) -> PollAnswer:
        """What the platform answers. Raises PollError, which names the scope that is missing."""
        try:
            return await ask(
                self.http, self.title, url, params=params, headers=self.headers(), question=question
            )
        except PollError as error:
            if error.reason == "source_forbidden" and self.needed:
                raise forbidden(self.title, self.needed) from None
            raise

    async def answer_object(self, url: str, params: Query | None = None) -> dict[str, Any]:
        """The object that the platform answers."""
        value = (await self.answer(url, params)).value
        if not isinstance(value, dict):
            raise unreadable(self.title)
        return value

    async def answer_list(self, url: str, params: Query | None = None) -> list[Any]:
        """The list that the platform answers."""
        value = (await self.answer(url, params)).value
        if not isinstance(value, list):
            raise unreadable(self.title)
        return value


MakeReader = Callable[[S, Mapping[str, Any], httpx.AsyncClient], ListReader[S]]


def poll_by(
    reader_type: MakeReader[S],
) -> Callable[[S, Mapping[str, Any], str, httpx.AsyncClient], Awaitable[Poll]]:
    """``Polling.poll`` of a reader."""

    async def poll(
        settings: S, credentials: Mapping[str, Any], cursor: str, http: httpx.AsyncClient
    ) -> Poll:
        reader = reader_type(settings, credentials, http)
        return await walk_lists(
            reader.title, cursor, reader.streams, reader.page, newest_first=reader.newest_first
        )

    return poll


def check_by(
    reader_type: MakeReader[S],
) -> Callable[[S, Mapping[str, Any], httpx.AsyncClient], Awaitable[list[Finding]]]:
    """``Polling.check`` of a reader: the first page of its lists is tried."""

    async def check(
        settings: S, credentials: Mapping[str, Any], http: httpx.AsyncClient
    ) -> list[Finding]:
        reader = reader_type(settings, credentials, http)
        findings: list[Finding] = []
        try:
            findings += await reader.greeting()
            for name in list(await reader.streams())[:LISTS_CHECKED]:
                await reader.page(Stream(name, "", None, "", {}))
                findings.append(Finding(reader.subject(name), True, "It is read."))
        except PollError as error:
            return [*findings, Finding(reader.title, False, error.detail, reader.remedy)]
        return findings

    return check


def missing_setting(sentence: str) -> PollError:
    """The settings do not say what is to be read; ``sentence`` says what to enter."""
    return PollError("address_missing", sentence, needs_person=True)
