"""Themes that a small community made."""

from __future__ import annotations

from typing import Any

from tests.scenes.forum import Forum


async def two_themes(forum: Forum) -> tuple[dict[str, Any], dict[str, Any]]:
    """A bug of three people (four comments) and one of two."""
    for author in ("ann", "bob", "cid", "cid"):
        await forum.say("export to pdf crashes always", author)
    for author in ("ann", "dan"):
        await forum.say("login with google is broken", author)
    await forum.work()
    first, second = await forum.themes()
    return first, second


async def only_theme(forum: Forum) -> dict[str, Any]:
    """The one theme that there is."""
    (theme,) = await forum.themes()
    return theme
