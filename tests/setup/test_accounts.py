"""Users, passwords, sessions and tokens on a real database."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Conflict, Invalid, NotFound, Unauthorized
from app.models.states import Role
from app.setup import accounts, api_tokens, login_sessions
from app.storage.db import Database
from app.storage.rows import fetch_one

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


async def _add_ada(database: Database, role: Role = Role.admin) -> accounts.User:
    async with database.transaction() as c:
        return await accounts.create_user(
            c, " Ada@Example.org ", "Ada\x00 Lovelace", PASSWORD, role
        )


async def _reason(database: Database, email: str, password: str, now: datetime = NOW) -> str:
    try:
        await accounts.authenticate(database, email, password, now)
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
    reasons = [
        await _reason(database, "ada@example.org", "wrong")
        for _ in range(accounts.LOGIN_ATTEMPTS_MAX + 1)
    ]
    assert reasons == ["login_failed"] * accounts.LOGIN_ATTEMPTS_MAX + ["login_locked"]
    assert await _reason(database, "ada@example.org", PASSWORD) == "login_locked"
    later = NOW + accounts.LOCK_DURATION
    assert await _reason(database, "ada@example.org", "wrong", later) == "login_failed"
    assert await _reason(database, "ada@example.org", PASSWORD, later) == ""


async def test_guesses_at_once_do_not_get_past_the_lock(database: Database) -> None:
    await _add_ada(database)
    reasons = await asyncio.gather(
        *(_reason(database, "ada@example.org", f"guess {n}") for n in range(12))
    )
    assert sorted(reasons) == ["login_failed"] * accounts.LOGIN_ATTEMPTS_MAX + ["login_locked"] * (
        12 - accounts.LOGIN_ATTEMPTS_MAX
    )


async def test_a_right_password_forgets_the_wrong_ones(database: Database) -> None:
    await _add_ada(database)
    for wrong in (accounts.LOGIN_ATTEMPTS_MAX - 1, 1):
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
        await c.execute(
            "update user_account set locked_until = %s", (NOW + accounts.LOCK_DURATION,)
        )
    assert await _reason(database, "ada@example.org", PASSWORD) == "login_locked"
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
