"""A form has a limit, announced or not, for strangers and for people who are signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from app.running.request_body import BODY_MAX_BYTES
from app.storage.db import Database
from tests.web.webbing import sign_in

FORM = {"content-type": "application/x-www-form-urlencoded"}
BOUNDARY = "limit"
FILE_HEAD = (
    f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="email"; filename="a"\r\n\r\n'.encode()
)
PARTS = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
CHUNK = b"a" * 100_000


class Sender:
    """A body in chunks, which remembers how many bytes were taken from it."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self.taken_bytes = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        for chunk in (self._head, *[CHUNK] * 100):
            self.taken_bytes += len(chunk)
            yield chunk


@pytest.mark.parametrize("address", ["/login", "/settings/members"])
@pytest.mark.parametrize(("head", "content"), [(b"email=", FORM), (FILE_HEAD, PARTS)])
async def test_a_form_without_an_end_is_refused_on_the_way(
    client: httpx.AsyncClient,
    database: Database,
    address: str,
    head: bytes,
    content: dict[str, str],
) -> None:
    await sign_in(client, database)
    sender = Sender(head)
    headers = {**content, "accept": "text/html"}
    answer = await client.post(address, content=sender.chunks(), headers=headers)
    assert answer.status_code == 413
    assert "body_too_large" in answer.text
    assert sender.taken_bytes < 2 * BODY_MAX_BYTES


async def test_an_announced_length_is_enough_to_refuse(client: httpx.AsyncClient) -> None:
    answer = await client.post("/login", content=b"a" * (BODY_MAX_BYTES + 1), headers=FORM)
    assert answer.status_code == 413
