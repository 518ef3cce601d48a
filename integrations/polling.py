"""Calls to platforms that are polled: an answer, or a PollError whose sentence says what to do."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from integrations.contract import IntegrationError
from integrations.poll_contract import PollError
from integrations.refusals import Refused, refusal_of

_NEEDS_A_PERSON = frozenset({"address_refused", "ca_file_unusable", "proxy_invalid"})
_REDIRECTS_MAX = 3
Query = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """What a platform answered. ``value`` is its JSON, None for 304."""

    value: Any
    headers: Mapping[str, str]

    @property
    def not_modified(self) -> bool:
        return self.value is None


async def ask(
    http: httpx.AsyncClient,
    title: str,
    url: str,
    *,
    params: Query | None = None,
    headers: Mapping[str, str] | None = None,
    question: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
) -> PollAnswer:
    """A GET, or a POST of ``question`` as JSON or of a ``form``, and the JSON that ``title``
    answers.

    Raises PollError for everything else.
    """
    response = await request(
        http, title, url, params=params, headers=headers, question=question, form=form
    )
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return PollAnswer(None, response.headers)
    return PollAnswer(read_json(title, response), response.headers)


async def request(
    http: httpx.AsyncClient,
    title: str,
    url: str,
    *,
    params: Query | None = None,
    headers: Mapping[str, str] | None = None,
    question: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
    anywhere: bool = False,
    expected: Collection[int] = (),
) -> httpx.Response:
    """One request along redirects on the same host, to which alone the credentials go; ``anywhere``
    also along others, for what has none. Raises PollError for a status that is neither 2xx nor
    304 nor one of ``expected``."""
    address, query = url, params
    for _ in range(_REDIRECTS_MAX):
        response = await _send(http, title, address, query, headers, question, form)
        location = response.headers.get("location", "")
        if not response.is_redirect or not location or question is not None or form:
            break
        target = urljoin(str(response.url), location)
        if not anywhere and urlsplit(target)[:2] != urlsplit(url)[:2]:
            break
        address, query = target, None if urlsplit(target).query else params
    if response.is_success or response.status_code in (httpx.codes.NOT_MODIFIED, *expected):
        return response
    raise refusal(title, response)


async def _send(
    http: httpx.AsyncClient,
    title: str,
    url: str,
    params: Query | None,
    headers: Mapping[str, str] | None,
    question: Mapping[str, Any] | None,
    form: Mapping[str, str] | None,
) -> httpx.Response:
    method = "GET" if question is None and form is None else "POST"
    try:
        return await http.request(
            method, url, params=params, headers=headers, json=question, data=form
        )
    except PollError:
        raise
    except IntegrationError as error:
        raise PollError(
            error.reason, error.detail, needs_person=error.reason in _NEEDS_A_PERSON
        ) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise PollError(
            "invalid_address",
            f"The address of {title} cannot be called: correct it in this source's settings.",
            needs_person=True,
        ) from None
    except httpx.LocalProtocolError:
        raise PollError(
            "invalid_request",
            f"A call to {title} could not be written as HTTP: enter its credentials again.",
            needs_person=True,
        ) from None
    except httpx.HTTPError as error:
        raise PollError(
            "source_unreachable",
            f"{title} could not be reached ({type(error).__name__}); it is asked again later.",
        ) from None


def read_json(title: str, response: httpx.Response) -> Any:
    """The body of a success. Raises PollError ``source_unreadable`` for a page of HTML and the
    like."""
    try:
        value = json.loads(response.content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        value = None
    if value is None:
        raise unreadable(title)
    return value


def unreadable(title: str) -> PollError:
    """A success whose body is not what the API documents."""
    return PollError(
        "source_unreadable",
        f"{title} answered with something that is not its API: a login page, a maintenance page or "
        "a proxy may be in front. Check the address; it is asked again later.",
    )


def unauthorized(title: str) -> PollError:
    """The credentials let nobody in."""
    return PollError(
        "source_unauthorized",
        f"{title} refuses the credentials: they are wrong, expired or revoked. Enter new ones for "
        "this source; nothing is lost, it goes on from where it stopped.",
        needs_person=True,
    )


def forbidden(title: str, missing: str = "") -> PollError:
    """The credentials do not permit this; ``missing`` names the scope or role where it is known."""
    remedy = missing or "the rights that the guide names"
    return PollError(
        "source_forbidden",
        f"{title} does not permit this to the credentials: give them {remedy}, or enter others; "
        "it goes on by itself then.",
        needs_person=True,
    )


def limited(title: str, wait_seconds: float | None) -> PollError:
    """The platform asks for fewer calls."""
    pause = "for a while" if wait_seconds is None else f"for {wait_seconds:.0f} s"
    return PollError(
        "rate_limited",
        f"{title} asks for fewer calls: it is left alone {pause}, then it goes on by itself.",
        retry_after=wait_seconds,
    )


def refusal(title: str, response: httpx.Response) -> PollError:
    """What a status outside 2xx means."""
    status, answer = response.status_code, refusal_of(response)
    match answer.meaning:
        case Refused.limited:
            return limited(title, answer.wait_seconds)
        case Refused.unauthorized:
            return unauthorized(title)
        case Refused.forbidden:
            return forbidden(title)
        case Refused.not_there:
            return PollError(
                "source_not_there",
                f"{title} does not have what this source follows, or hides it from the "
                "credentials: check its settings and the access.",
                needs_person=True,
            )
        case Refused.moved:
            return PollError(
                "source_moved",
                f"{title} answers that this moved elsewhere: enter the new address in the "
                "settings.",
                needs_person=True,
            )
        case Refused.failed:
            return PollError(
                "source_error",
                f"{title} failed with status {status}; it is asked again later.",
                retry_after=answer.wait_seconds,
            )
    return PollError(
        "source_refused",
        f"{title} answered with status {status}: check this source's settings.",
        needs_person=True,
    )
