"""Users, passwords, sessions and tokens on a real database."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from pwdlib import PasswordHash

from app.errors import Conflict, Invalid, NotFound, Unauthorized
from app.models.states import Role
from app.setup import accounts, api_tokens, known_browsers, login_sessions
from app.setup.login_attempts import (
    ATTEMPTS_REMEMBERED,
    LOCK_DURATION,
    LOGIN_ATTEMPTS_MAX,
    Attempt,
    count_attempt,
)
from app.setup.password_hashing import PasswordHashing
from app.storage.db import Connection, Database
from app.storage.rows import fetch_one
from app.storage.vault import Vault, new_key

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


async def _add_ada(database: Database, role: Role = Role.admin) -> accounts.User:
    async with database.transaction() as c:
        return await accounts.create_user(
            c, " Ada@Example.org ", "Ada\x00 Lovelace", PASSWORD, role
        )


class CountingHasher(PasswordHash):
    """Remembers which hashes passwords were compared with."""

    def __init__(self) -> None:
        super().__init__(PasswordHash.recommended().hashers)
        self.compared: list[str | bytes] = []

    def verify_and_update(
        self, password: str | bytes, hash: str | bytes
    ) -> tuple[bool, str | None]:
        self.compared.append(hash)
        return super().verify_and_update(password, hash)


async def _lock(connection: Connection, user: accounts.User) -> None:
    for _ in range(LOGIN_ATTEMPTS_MAX):
        await count_attempt(connection, Attempt(str(user.id), ""), NOW)


async def _hash_of_ada(database: Database) -> str:
    async with database.transaction() as c:
        (ada,) = await accounts.list_users(c)
    return ada.password_hash


async def _reason(
    database: Database,
    email: str,
    password: str,
    now: datetime = NOW,
    *,
    browser: known_browsers.KnownBrowser | None = None,
) -> str:
    try:
        await accounts.authenticate(database, email, password, now, browser=browser)
    except Unauthorized as error:
        return error.reason
    return ""


async def test_a_user_signs_in_with_address_and_password(database: Database) -> None:
    ada = await _add_ada(database)
    assert (ada.email, ada.name, ada.role) == ("ada@example.org", "Ada Lovelace", "admin")
    assert PASSWORD not in ada.password_hash
    assert ada.password_hash.startswith("$argon2id$")
    assert (await accounts.authenticate(database, "ADA@example.org", PASSWORD, NOW)).id == ada.id


async def test_a_user_needs_an_address_and_a_password(database: Database) -> None:
    for email, password, reason in (
        ("ada", PASSWORD, "email_invalid"),
        ("a\x00da@example.org", PASSWORD, "email_invalid"),
        ("a\ud800da@example.org", PASSWORD, "email_invalid"),
        ("ada@example.org", "short", "password_invalid"),
        ("ada@example.org", "x" * 1001, "password_invalid"),
    ):
        async with database.transaction() as c:
            with pytest.raises(Invalid) as refused:
                await accounts.create_user(c, email, "Ada", password)
        assert refused.value.reason == reason


async def test_an_address_is_taken_once(database: Database) -> None:
    await _add_ada(database)
    with pytest.raises(Conflict) as refused:
        await _add_ada(database)
    assert refused.value.reason == "email_taken"


async def test_a_wrong_login_does_not_say_what_was_wrong(database: Database) -> None:
    await _add_ada(database)
    for email in ("ada@example.org", "nobody@example.org", "", "a\x00@b", "\ud800@b"):
        assert await _reason(database, email, "wrong\x00\ud800 password") == "login_failed"


async def test_wrong_passwords_lock_the_account_for_a_while(database: Database) -> None:
    await _add_ada(database)
    for _ in range(LOGIN_ATTEMPTS_MAX):
        assert await _reason(database, "ada@example.org", "wrong") == "login_failed"
    assert await _reason(database, "ada@example.org", PASSWORD) == "login_failed"
    later = NOW + LOCK_DURATION
    assert await _reason(database, "ada@example.org", "wrong", later) == "login_failed"
    assert await _reason(database, "ada@example.org", PASSWORD, later) == ""


async def test_guesses_at_once_do_not_get_past_the_lock(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _add_ada(database)
    hasher = CountingHasher()
    monkeypatch.setattr(accounts, "PASSWORD_QUEUE", PasswordHashing(hasher))
    ada_hash = await _hash_of_ada(database)
    reasons = await asyncio.gather(
        *(_reason(database, "ada@example.org", f"guess {n}") for n in range(12))
    )
    assert reasons == ["login_failed"] * 12
    assert hasher.compared.count(ada_hash) == LOGIN_ATTEMPTS_MAX
    assert len(hasher.compared) == 12


async def test_unknown_and_locked_accounts_cost_and_say_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same sentence, a hash compared and the same statements each time: so also the same time,
    without looking at a clock."""
    ada = await _add_ada(database)
    hasher = CountingHasher()
    monkeypatch.setattr(accounts, "PASSWORD_QUEUE", PasswordHashing(hasher))
    seen: dict[str, list[object]] = {}
    statements: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def noted(self: Any, query: Any, *values: Any, **more: Any) -> Any:
        statements.append(str(query))
        return await execute(self, query, *values, **more)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", noted)
    for email, password in (
        ("nobody@example.org", "wrong"),
        ("ada@example.org", "wrong"),
        ("ada@example.org", PASSWORD),
    ):
        if password == PASSWORD:
            async with database.transaction() as c:
                await _lock(c, ada)
        statements.clear()
        hasher.compared.clear()
        with pytest.raises(Unauthorized) as refused:
            await accounts.authenticate(database, email, password, NOW)
        seen[f"{email} {password}"] = [
            refused.value.detail,
            refused.value.reason,
            len(hasher.compared),
            [text for text in statements if "login_failure" in text or "user_account" in text],
        ]
    first, *others = seen.values()
    assert first[2] == 1
    assert len(list(first[3])) == 3  # type: ignore[call-overload]
    assert others == [first, first]


async def test_guesses_for_addresses_of_nobody_fill_no_table(database: Database) -> None:
    for number in range(3):
        await _reason(database, f"nobody{number}@example.org", "wrong")
    async with database.transaction() as c:
        rows = await (await c.execute("select account from login_failure")).fetchall()
    assert all(len(row["account"]) == len("nobody 0000") for row in rows)
    tomorrow = NOW + ATTEMPTS_REMEMBERED + timedelta(seconds=1)
    await _reason(database, "nobody@example.org", "wrong", tomorrow)
    async with database.transaction() as c:
        assert len(await (await c.execute("select 1 from login_failure")).fetchall()) == 1


async def test_strangers_who_guess_do_not_lock_a_known_browser(
    database: Database, vault: Vault
) -> None:
    ada = await _add_ada(database)
    browser = known_browsers.opened(vault, known_browsers.sealed(vault, ada, NOW), NOW)
    assert browser is not None
    for _ in range(2 * LOGIN_ATTEMPTS_MAX):
        assert await _reason(database, "ada@example.org", "wrong") == "login_failed"
    assert await _reason(database, "ada@example.org", PASSWORD) == "login_failed"
    for _ in range(LOGIN_ATTEMPTS_MAX - 1):
        assert await _reason(database, "ada@example.org", "wrong", browser=browser) != ""
    assert await _reason(database, "ada@example.org", PASSWORD, browser=browser) == ""
    assert await _reason(database, "ada@example.org", PASSWORD) == "login_failed", "still locked"
    for _ in range(LOGIN_ATTEMPTS_MAX):
        assert await _reason(database, "ada@example.org", "wrong", browser=browser) != ""
    assert await _reason(database, "ada@example.org", PASSWORD, browser=browser) != "", "a lock"
    later = NOW + LOCK_DURATION
    assert await _reason(database, "ada@example.org", PASSWORD, later) == ""


async def test_a_known_browser_is_known_for_one_account_and_one_password(
    database: Database, vault: Vault
) -> None:
    ada = await _add_ada(database)
    async with database.transaction() as c:
        bob = await accounts.create_user(c, "bob@example.org", "Bob", PASSWORD)
    cookie = known_browsers.sealed(vault, ada, NOW)
    browser = known_browsers.opened(vault, cookie, NOW)
    assert browser is not None
    assert browser.belongs_to(ada)
    assert not browser.belongs_to(bob)
    assert not browser.belongs_to(None)
    async with database.transaction() as c:
        await accounts.set_password(c, ada.id, "another fine password")
        (changed, _) = await accounts.list_users(c)
    assert not browser.belongs_to(changed)


def test_only_a_cookie_of_ours_makes_a_browser_known(vault: Vault) -> None:
    ada = accounts.User(uuid.uuid4(), "ada@example.org", "Ada", "a hash", Role.admin, NOW, None)
    cookie = known_browsers.sealed(vault, ada, NOW)
    late = NOW + known_browsers.BROWSER_KNOWN_DURATION + timedelta(seconds=1)
    assert known_browsers.opened(vault, cookie, late) is None
    other_vault = Vault(new_key())
    forged = known_browsers.sealed(other_vault, ada, NOW)
    sealed_secrets = (vault.encrypt("[1]"), vault.encrypt("a secret"), vault.encrypt('{"user": 1}'))
    for value in ("", "x", "\u00e9", "x" * 5000, cookie[:-2], forged, *sealed_secrets):
        text = value.decode() if isinstance(value, bytes) else value
        assert known_browsers.opened(vault, text, NOW) is None, text


async def test_a_right_password_forgets_the_wrong_ones(database: Database) -> None:
    await _add_ada(database)
    for wrong in (LOGIN_ATTEMPTS_MAX - 1, 1):
        for _ in range(wrong):
            assert await _reason(database, "ada@example.org", "wrong") == "login_failed"
        assert await _reason(database, "ada@example.org", PASSWORD) == ""


async def test_a_session_lasts_until_it_ends(database: Database) -> None:
    ada = await _add_ada(database)
    async with database.transaction() as c:
        cookie, csrf = await login_sessions.open_session(c, ada.id, NOW, hours=2)
        user = await login_sessions.session_user(c, cookie, NOW + timedelta(minutes=119))
        assert user == login_sessions.SessionUser(
            ada.id, "ada@example.org", "Ada Lovelace", Role.admin, csrf
        )
        assert await login_sessions.session_user(c, cookie, NOW + timedelta(hours=2)) is None
        assert await login_sessions.session_user(c, cookie[:-1] + "\ud800", NOW) is None
        stored = await (await c.execute("select id_hash from login_session")).fetchall()
        assert cookie not in str(stored)
        await login_sessions.close_session(c, cookie)
        assert await login_sessions.session_user(c, cookie, NOW) is None


async def test_a_new_session_clears_those_that_expired(database: Database) -> None:
    ada = await _add_ada(database)
    async with database.transaction() as c:
        await login_sessions.open_session(c, ada.id, NOW, hours=1)
        await login_sessions.open_session(c, ada.id, NOW + timedelta(hours=1), hours=1)
        assert len(await (await c.execute("select 1 from login_session")).fetchall()) == 1


async def test_a_new_password_ends_sessions_and_lifts_the_lock(database: Database) -> None:
    ada = await _add_ada(database)
    async with database.transaction() as c:
        await _lock(c, ada)
        assert [user.locked_until for user in await accounts.list_users(c)] == [NOW + LOCK_DURATION]
    assert await _reason(database, "ada@example.org", PASSWORD) == "login_failed"
    async with database.transaction() as c:
        cookie, _ = await login_sessions.open_session(c, ada.id, NOW, hours=2)
        await accounts.set_password(c, ada.id, "another fine password")
        assert await login_sessions.session_user(c, cookie, NOW) is None
    assert await _reason(database, "ada@example.org", "another fine password") == ""


async def test_the_last_administrator_stays(database: Database) -> None:
    ada = await _add_ada(database)
    async with database.transaction() as c:
        bob = await accounts.create_user(c, "bob@example.org", "Bob", PASSWORD)
        with pytest.raises(Conflict) as refused:
            await accounts.delete_user(c, ada.id)
        assert refused.value.reason == "last_admin"
        await accounts.delete_user(c, bob.id)
        assert [user.email for user in await accounts.list_users(c)] == ["ada@example.org"]
        with pytest.raises(NotFound):
            await accounts.delete_user(c, bob.id)


async def test_a_token_allows_what_its_scopes_imply(database: Database) -> None:
    allowed = {"read": {"read"}, "triage": {"read", "triage"}, "admin": {"read", "triage", "admin"}}
    async with database.transaction() as c:
        for given, allows in allowed.items():
            row, clear = await api_tokens.create_token(c, "build server", [given])
            assert clear.startswith("relay_")
            assert clear.startswith(row.prefix)
            stored = await fetch_one(c, "select * from api_token where id = %s", [row.id])
            assert stored is not None
            assert clear not in map(str, stored.values())
            holder = await api_tokens.token_holder(c, clear, NOW)
            assert (holder.name, holder.scopes) == ("build server", allows)
        assert {token.last_used_at for token in await api_tokens.list_tokens(c)} == {NOW}


async def test_a_revoked_or_unknown_token_is_refused(database: Database) -> None:
    async with database.transaction() as c:
        row, clear = await api_tokens.create_token(c, "build server", ["read"])
        await api_tokens.revoke_token(c, row.id)
        for token, reason in (
            (clear, "token_revoked"),
            (clear + "x", "token_invalid"),
            ("\ud800", "token_invalid"),
        ):
            with pytest.raises(Unauthorized) as refused:
                await api_tokens.token_holder(c, token, NOW)
            assert refused.value.reason == reason


async def test_a_token_needs_a_name_and_known_scopes(database: Database) -> None:
    for name, scopes, reason in (
        ("x", [], "scope_unknown"),
        ("x", ["write"], "scope_unknown"),
        ("\x00 ", ["read"], "name_missing"),
    ):
        async with database.transaction() as c:
            with pytest.raises(Invalid) as refused:
                await api_tokens.create_token(c, name, scopes)
        assert refused.value.reason == reason
