"""A product may be called as its people write; what stands in labels is made of that."""

from __future__ import annotations

import re

import pytest

from app.errors import Conflict
from app.setup.products import create_product
from app.storage.db import Database

OTHER_SCRIPTS = ("日本語", "Продукт", "منتج", "🚀")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Desktop App 2", "desktop-app-2"),
        ("Über Straße", "uber-strasse"),
        ("Éditeur", "editeur"),
        ("ＡＢＣ 日本", "abc"),
    ],
)
async def test_a_slug_is_what_latin_letters_say(database: Database, name: str, slug: str) -> None:
    async with database.transaction() as connection:
        assert (await create_product(connection, name)).slug == slug


async def test_names_in_other_scripts_get_slugs_that_differ(database: Database) -> None:
    async with database.transaction() as connection:
        slugs = {(await create_product(connection, name)).slug for name in OTHER_SCRIPTS}
    assert len(slugs) == len(OTHER_SCRIPTS)
    assert all(re.fullmatch(r"product-[0-9a-f]{6}", slug) for slug in slugs)


async def test_the_same_name_in_another_script_is_taken(database: Database) -> None:
    async with database.transaction() as connection:
        await create_product(connection, "日本語")
        with pytest.raises(Conflict) as refused:
            await create_product(connection, "日本語")
    assert refused.value.reason == "name_taken"
