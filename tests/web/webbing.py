"""A signed-in person at the dashboard, without a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

from app.models.states import Role
from app.setup import accounts
from app.storage.db import Database

PASSWORD = "a long password"


@dataclass(frozen=True)
class Person:
    """Somebody with a session. ``csrf`` is what the forms of their pages carry."""

    client: httpx.AsyncClient
    csrf: str

    async def get(self, address: str, **headers: str) -> httpx.Response:
        """A page as a browser asks for it."""
        return await self.client.get(address, headers={"accept": "text/html", **headers})

    async def send(self, address: str, **fields: object) -> httpx.Response:
        """A form with its token."""
        data = {"csrf": self.csrf, "next": "/triage", **fields}
        return await self.client.post(address, data=data, headers={"accept": "text/html"})


async def sign_in(
    client: httpx.AsyncClient, database: Database, email: str = "ada@example.org"
) -> Person:
    """Make a user and sign in through the form."""
    async with database.transaction() as connection:
        role = Role.admin if email.startswith("ada") else Role.member
        await accounts.create_user(connection, email, "Somebody", PASSWORD, role)
    answer = await log_in(client, email)
    assert answer.status_code == 303, answer.text
    return await visit(client)


async def visit(client: httpx.AsyncClient) -> Person:
    """The person whose session the client holds, with the token that a page of theirs carries."""
    page = await client.get("/settings")
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    return Person(client, found[1])


async def log_in(
    client: httpx.AsyncClient, email: str, password: str = PASSWORD, next: str = "/", **headers: str
) -> httpx.Response:
    """Fetch the login form and send it."""
    form = await client.get("/login")
    found = re.search(r'name="form_token" value="([^"]+)"', form.text)
    assert found is not None
    fields = {"form_token": found[1], "email": email, "password": password, "next": next}
    return await client.post("/login", data=fields, headers=headers)
