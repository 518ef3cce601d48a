"""One question to a language model behind an OpenAI-compatible endpoint, answered as JSON.

Source: the OpenAI API reference, "Create chat completion" and "List models", as llama.cpp, Ollama,
vLLM and hosted services implement them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import JsonValue

from integrations import http
from integrations.contract import IntegrationError
from integrations.failures import NETWORK_REMEDIES, UNSENT
from integrations.network import PLAIN_NETWORK, Network
from integrations.retries import retry_after
from integrations.tracker_contract import Finding

CHAT_MAX_ANSWER_BYTES = 262_144
CHAT_MAX_TOKENS = 600


class ChatError(IntegrationError):
    """A question that was not answered. ``permanent``: asking again cannot work until a person
    changed something. ``unusable``: there was an answer, but not the object that was asked for.
    ``retry_after`` in seconds."""

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        permanent: bool = False,
        unusable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason, detail)
        self.permanent = permanent
        self.unusable = unusable
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Chat:
    """A model at an endpoint. ``url`` ends where ``/chat/completions`` follows
    (``http://127.0.0.1:8080/v1``); ``timeout`` in seconds covers connecting and each wait for the
    answer. ``key`` may be empty."""

    url: str
    model: str
    key: str = ""
    network: Network = PLAIN_NETWORK
    timeout: float = 60.0
    transport: httpx.AsyncBaseTransport | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def ask(self, system: str, user: str) -> dict[str, JsonValue]:
        """The object that the model answers. One request; raises ChatError."""
        request = {
            "model": self.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "temperature": 0,
            "max_tokens": CHAT_MAX_TOKENS,
            "response_format": {"type": "json_object"},
        }
        answer = await self._call("POST", "/chat/completions", request)
        try:
            content = answer.json()["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise ChatError(
                "answer_unusable", "The answer is not a chat completion.", unusable=True
            ) from None
        return _object(content)

    async def check(self) -> list[Finding]:
        """Whether the endpoint answers, takes the key and knows the model."""
        unlisted = Finding("endpoint", True, "It answers; it does not list its models.")
        try:
            answer = await self._call("GET", "/models", None)
            models = [str(model["id"]) for model in answer.json()["data"]]
        except ChatError as error:
            refusal = await self._refusal() if error.reason == "llm_refused" else error
            if refusal is None:
                return [unlisted]
            return [Finding("endpoint", False, refusal.detail, _remedy(refusal.reason))]
        except (ValueError, LookupError, TypeError, RecursionError):
            return [unlisted]
        # Ollama lists "llama3.2:latest" for what is asked for as "llama3.2".
        if self.model in models or f"{self.model}:latest" in models:
            return [Finding("endpoint", True, f"It has {self.model}.")]
        names = ", ".join(models[:8]) or "none"
        detail = f"It does not list {self.model}; it has {names}."
        return [Finding("endpoint", False, detail, "Set RELAY_LLM_MODEL to one of these.")]

    async def _refusal(self) -> ChatError | None:
        """What a short question meets where the models cannot be listed; None for any answer."""
        try:
            await self.ask("Answer with the JSON object {}.", "{}")
        except ChatError as error:
            return None if error.unusable else error
        return None

    async def _call(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            async with http.client(
                self.network,
                timeout=httpx.Timeout(self.timeout, connect=min(self.timeout, 10.0)),
                transport=self.transport,
                max_response_bytes=CHAT_MAX_ANSWER_BYTES,
            ) as client:
                answer = await client.request(
                    method, self.url.rstrip("/") + path, json=body, headers=headers
                )
        except (httpx.TransportError, httpx.InvalidURL) as error:
            detail = f"The language model could not be reached ({type(error).__name__})."
            raise ChatError(
                "llm_unreachable", detail, permanent=isinstance(error, httpx.InvalidURL)
            ) from None
        except ChatError:
            raise
        except IntegrationError as error:
            raise ChatError(error.reason, error.detail, permanent=error.reason in UNSENT) from None
        if answer.is_success:
            return answer
        raise self._refused(answer)

    def _refused(self, answer: httpx.Response) -> ChatError:
        status = answer.status_code
        if status in (401, 403):
            return ChatError(
                "unauthorized", f"The language model refused the key ({status}).", permanent=True
            )
        if status == 429 or status == 503:
            wait = retry_after(answer.headers, now=self.now())
            return ChatError(
                "rate_limited", f"The language model asked to wait ({status}).", retry_after=wait
            )
        if status < 500:
            detail = (
                f"The language model refused the question ({status}): "
                "is the address complete, the model known?"
            )
            return ChatError("llm_refused", detail, permanent=True)
        return ChatError("llm_failed", f"The language model failed ({status}).")


def _object(content: object) -> dict[str, JsonValue]:
    """The object in what the model wrote: servers that ignore ``response_format`` put thoughts or a
    fence around it."""
    value: object = None
    if isinstance(content, str) and len(content) <= CHAT_MAX_ANSWER_BYTES:
        answer = content.rpartition("</think>")[2]
        try:
            value = json.loads(answer[answer.find("{") : answer.rfind("}") + 1])
        except (ValueError, RecursionError):
            value = None
    if isinstance(value, dict):
        return value
    raise ChatError(
        "answer_unusable", "The language model did not answer with a JSON object.", unusable=True
    )


_CHAT_REMEDIES = {
    **NETWORK_REMEDIES,
    "unauthorized": "Set RELAY_LLM_KEY.",
}


def _remedy(reason: str) -> str:
    return _CHAT_REMEDIES.get(
        reason,
        "Look at RELAY_LLM_URL (it ends with /v1 on most servers), and whether the server runs.",
    )
