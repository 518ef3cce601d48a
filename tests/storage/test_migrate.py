"""Migrations lead from nothing to the models and back, and leave the job engine's tables alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.storage import migrate
from app.storage.revisions import MIGRATIONS_DIR, newest_revision, revisions

ROWS = """
    insert into product (id, slug, name) values ('00000000-0000-0000-0000-000000000001', 'p', 'P');
    insert into source (id, product_id, platform, name)
        values ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001',
            'generic', 's');
    insert into comment (product_id, source_id, external_id, text)
        values ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002',
            '1', 'It crashes');
    insert into comment_embedding (comment_id, product_id, model, embedding)
        select id, product_id, 'm', array_fill(0.5, array[384])::halfvec(384) from comment;
"""


def test_the_newest_version_is_the_one_that_the_migrating_tool_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_DIR))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_two_branches_of_migrations_are_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "0001_a.py").write_text('revision = "0001"\ndown_revision = None\n')
    assert newest_revision(tmp_path) == "0001"
    for name in ("0002", "0003"):
        text = f'revision = "{name}"\ndown_revision: str | None = "0001"\n'
        (tmp_path / f"{name}_b.py").write_text(text)
    with pytest.raises(ValueError, match="0002, 0003"):
        newest_revision(tmp_path)


def test_models_and_migrations_agree(database_url: str) -> None:
    assert migrate.drift(database_url) == []


def test_autogenerate_never_proposes_to_drop_the_job_engine(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("set search_path to public, procrastinate")
        found = connection.execute(
            "select to_regclass('procrastinate.procrastinate_jobs')"
        ).fetchone()
    assert found is not None
    assert found[0] is not None
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("create table somebody_elses (id int)")
    assert migrate.drift(database_url) == []


def test_a_missing_column_is_noticed(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("alter table theme drop column sentiment")
    assert len(migrate.drift(database_url)) == 1


def test_up_and_down_on_data(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute(ROWS)
        search = connection.execute(
            "select search @@ to_tsquery('english', 'crash') from comment"
        ).fetchone()
    assert search == (True,)
    migrate.downgrade(empty_url, "0001")
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("select count(*) from comment").fetchone() == (1,)
        assert connection.execute("select to_regnamespace('procrastinate')").fetchone() == (None,)
    migrate.upgrade(empty_url)
    current, newest = revisions(empty_url)
    assert current == newest
    migrate.downgrade(empty_url, "base")
    with psycopg.connect(empty_url) as connection:
        left = connection.execute(
            "select count(*) from pg_tables where schemaname = 'public'"
        ).fetchone()
    assert left == (1,)  # Alembic's own
    assert revisions(empty_url)[0] is None


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrate.upgrade(empty_url), range(4)))
    current, newest = revisions(empty_url)
    assert current == newest


TOLD = """
    insert into product (id, slug, name) values ('00000000-0000-0000-0000-000000000001', 'p', 'P');
    insert into source (id, product_id, platform, name)
        select id::uuid, '00000000-0000-0000-0000-000000000001', platform, platform
        from (values ('00000000-0000-0000-0000-000000000002', 'github'),
                     ('00000000-0000-0000-0000-000000000003', 'slack'),
                     ('00000000-0000-0000-0000-000000000004', 'discourse')) as s(id, platform);
    insert into delivery (product_id, source_id, dedup_key, body)
        select '00000000-0000-0000-0000-000000000001', id::uuid, key, convert_to(body, 'UTF8')
        from (values
            ('00000000-0000-0000-0000-000000000002', 'a', '{"private":true}'),
            ('00000000-0000-0000-0000-000000000002', 'b',
                '{"body":"\\"private\\":true","private":false}'),
            ('00000000-0000-0000-0000-000000000002', 'c', '{}'),
            ('00000000-0000-0000-0000-000000000003', 'd', '{"channel_type":"channel"}'),
            ('00000000-0000-0000-0000-000000000003', 'e', '{"channel_type":"group"}'),
            ('00000000-0000-0000-0000-000000000004', 'f', '{}')) as d(id, key, body);
    insert into theme (id, product_id, kind) values ('00000000-0000-0000-0000-000000000009',
        '00000000-0000-0000-0000-000000000001', 'bug');
    insert into comment (product_id, source_id, platform, external_id, thread_id, delivery_id,
                         extras, theme_id)
        select d.product_id, d.source_id, s.platform,
               case when s.platform = 'slack' then 'C1:' || d.dedup_key else d.dedup_key end,
               case when s.platform = 'slack' then 'C1:1' else 't' end, d.id,
               case when s.platform = 'github' then '{"repository": "Acme/App"}'::jsonb
                    else '{}' end, '00000000-0000-0000-0000-000000000009'
        from delivery d join source s on s.id = d.source_id;
"""


def test_what_was_stored_before_is_told_by_its_platform(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    migrate.downgrade(empty_url, "0012")
    with psycopg.connect(empty_url) as connection:
        connection.execute(TOLD)
    migrate.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        told = connection.execute(
            "select d.dedup_key, d.visibility, c.visibility, c.place"
            " from comment c join delivery d on d.id = c.delivery_id order by 1"
        ).fetchall()
        theme = connection.execute("select visibility from theme").fetchone()
    assert told == [
        ("a", "private", "private", "repository:acme/app"),
        ("b", "public", "public", "repository:acme/app"),
        ("c", "unknown", "unknown", "repository:acme/app"),
        ("d", "members", "members", "channel:C1"),
        ("e", "private", "private", "channel:C1"),
        ("f", "unknown", "unknown", ""),
    ]
    assert theme == ("private",)
