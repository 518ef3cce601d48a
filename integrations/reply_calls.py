"""Calls that post an answer: the platform's JSON, or a ReplyError whose sentence says what to do.

``title`` is the platform's (``Discourse``); it begins the sentence that people read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from integrations.contract import IntegrationError
from integrations.refusals import Refused, refusal_of
from integrations.reply_contract import ReplyError

_NOT_SENT = frozenset(
    {
        "address_refused",
        "ca_file_unusable",
        "certificate_untrusted",
        "proxy_invalid",
        "proxy_refused",
        "proxy_unreachable",
    }
)
_PLATFORM_WORDS_MAX_CHARACTERS = 300


async def call(
    http: httpx.AsyncClient,
    title: str,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    params: Sequence[tuple[str, str | int]] = (),
    body: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
    writes: bool = False,
) -> Any:
    """The JSON of a success. ``writes``: the call posts something, so that a lost answer is
    ambiguous. Raises ReplyError."""
    try:
        response = await http.request(
            method, url, headers=dict(headers), params=list(params), json=body, data=form
        )
    except IntegrationError as error:
        sent = writes and error.reason not in _NOT_SENT
        raise ReplyError(error.reason, error.detail, ambiguous=sent, whole_source=True) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise ReplyError(
            "invalid_address",
            f"The address of {title} cannot be called: correct it in this source's settings.",
            whole_source=True,
            permanent=True,
        ) from None
    except httpx.LocalProtocolError:
        # Its text would quote the header it objects to, which may be the token.
        raise ReplyError(
            "invalid_request",
            f"A call to {title} could not be written as HTTP: enter its credentials again.",
            whole_source=True,
            permanent=True,
        ) from None
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise ReplyError(
            "reply_unreachable",
            f"{title} could not be reached; it is tried again later.",
            whole_source=True,
        ) from None
    except httpx.HTTPError:
        raise answer_lost(title, writes=writes) from None
    if not response.is_success:
        raise refusal(title, response, writes=writes)
    return readable(title, response, writes=writes)


def readable(title: str, response: httpx.Response, *, writes: bool) -> Any:
    """The JSON of an answer. Raises ReplyError for a page of HTML and the like."""
    try:
        return json.loads(response.content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise unreadable_reply(title, writes=writes) from None


def answer_lost(title: str, *, writes: bool) -> ReplyError:
    """The request was sent, and its answer did not arrive."""
    return ReplyError(
        "reply_answer_lost",
        f"The answer of {title} did not arrive; the thread is looked at before anything is sent "
        "again.",
        ambiguous=writes,
        whole_source=not writes,
    )


def unreadable_reply(title: str, *, writes: bool) -> ReplyError:
    """A success whose body is not what the API documents."""
    return ReplyError(
        "reply_unreadable",
        f"{title} answered with something that is not its API: a login page or a proxy may be in "
        "front. Check the address; the thread is looked at before anything is sent again.",
        ambiguous=writes,
        whole_source=True,
    )


def unauthorized_reply(title: str) -> ReplyError:
    """The credentials let nobody in."""
    return ReplyError(
        "reply_unauthorized",
        f"{title} refuses the credentials: they are wrong, expired or revoked. Enter new ones on "
        "the source's page; the answers wait.",
        whole_source=True,
        permanent=True,
    )


def forbidden_reply(title: str, words: str = "") -> ReplyError:
    """Our account may not answer here; ``words`` are the platform's own."""
    because = f" ({words})" if words else ""
    return ReplyError(
        "reply_forbidden",
        f"{title} does not let our account answer in this thread{because}: it may be locked, or "
        "the account may lack the right. The answer is a draft again.",
        permanent=True,
    )


def thread_locked(title: str) -> ReplyError:
    """Nobody can answer there any more."""
    return ReplyError(
        "thread_locked",
        f"The thread is locked or archived in {title}: nobody can answer in it any more.",
        permanent=True,
    )


def thread_gone(title: str) -> ReplyError:
    """The thread, or the comment in it, is not there any more."""
    return ReplyError(
        "thread_gone",
        f"The thread is not to be seen in {title} any more: deleted, moved, or hidden from our "
        "account.",
        permanent=True,
    )


def reply_too_long(title: str) -> ReplyError:
    """The platform counts differently from us."""
    return ReplyError(
        "reply_too_long", f"{title} finds the answer too long: shorten it.", permanent=True
    )


def reply_limited(title: str, wait_seconds: float | None) -> ReplyError:
    """The platform asks for fewer calls."""
    pause = "for a while" if wait_seconds is None else f"for {wait_seconds:.0f} s"
    return ReplyError(
        "reply_rate_limited",
        f"{title} asks for fewer calls: nothing is sent there {pause}, then it goes on by itself.",
        whole_source=True,
        retry_after=wait_seconds,
    )


def refusal(title: str, response: httpx.Response, *, writes: bool) -> ReplyError:
    """What a status outside 2xx means."""
    answer = refusal_of(response)
    match answer.meaning:
        case Refused.limited:
            return reply_limited(title, answer.wait_seconds)
        case Refused.unauthorized:
            return unauthorized_reply(title)
        case Refused.forbidden:
            return thread_locked(title) if "locked" in answer.words else forbidden_reply(title)
        case Refused.not_there:
            return thread_gone(title)
        case Refused.failed:
            return ReplyError(
                "reply_platform_error",
                f"{title} failed with status {response.status_code}; the thread is looked at "
                "before anything is sent again.",
                ambiguous=writes,
                whole_source=True,
                retry_after=answer.wait_seconds,
            )
        case Refused.moved:
            return ReplyError(
                "reply_moved",
                f"{title} answers that this moved elsewhere: enter the new address in the "
                "settings.",
                whole_source=True,
                permanent=True,
            )
    return refused_answer(title, "")


def refused_answer(title: str, words: str) -> ReplyError:
    """The platform does not take this answer; ``words`` say why."""
    line = " ".join(words.split())[:_PLATFORM_WORDS_MAX_CHARACTERS].rstrip(".")
    because = f": {line}" if line else ""
    return ReplyError(
        "reply_refused",
        f"{title} does not take this answer{because}. It is a draft again: change it, or skip it.",
        permanent=True,
    )
