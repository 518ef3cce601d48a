"""How long the dashboard's pages take over many comments, and which of the overview's queries take
it.

Run: ``python -m tests.benchmarks.bench_overview [--comments 100000] [--rounds 15]``. One product
with four sources, a comment every minute and a half from 30,000 people, of whom few say most, one
theme per ten of them, of which one in five may be the same as another; the application answers in
this process, so that no socket is in between.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx

from app.config import Settings
from app.main import create_app
from app.people.helping import count_help
from app.queries import health, insights, top_matters, totals
from app.storage import migrate
from app.storage.db import Connection, Database
from app.storage.postgres import EmbeddedPostgres
from app.storage.rows import fetch_value
from app.storage.vault import Vault, new_key
from tests.benchmarks.machine import describe, spread
from tests.web.webbing import sign_in

TEXT = (
    "The export to PDF crashes whenever the note holds more than three images, since the last "
    "update. "
)
FILL = """
    insert into product (id, slug, name) values ('00000000-0000-4000-8000-000000000001', 'atlas',
        'Atlas');
    insert into source (id, product_id, platform, name)
    select gen_random_uuid(), p.id, (array['discourse', 'slack', 'github', 'feed'])[n],
        'Source ' || n
    from product p, generate_series(1, 4) n;
    insert into person (product_id, name) select id, 'Person ' || n from product,
        generate_series(1, 1000) n;
    insert into author (product_id, realm, external_id, handle, is_staff, person_id)
    select p.id, 'x', n::text, 'handle' || n, n %% 100 = 0,
        case when n %% 15 = 0 then (n / 15) %% 1000 + 1 end
    from product p, generate_series(1, 30000) n;
    insert into theme (id, product_id, kind, title, status, people, mentions, first_seen,
        last_seen, created_at)
    select gen_random_uuid(), p.id, (array['bug', 'feature'])[n %% 2 + 1], 'Theme ' || n,
           (array['triage', 'triage', 'triage', 'accepted', 'ignored'])[n %% 5 + 1], 1 + n %% 40,
               2 + n %% 60,
           now() - n * interval '15 minutes', now() - (n %% 500) * interval '1 minute',
           now() - n * interval '15 minutes'
    from product p, generate_series(1, %(comments)s / 10) n;
    insert into comment (product_id, source_id, external_id, platform, author_id, text,
        created_at, received_at, stage, thread_id,
                         kind, kind_confidence, kind_reason, sentiment, theme_id, wording,
                          grouping, kind_scores)
    select p.id, s.ids[n %% 4 + 1], n::text, 'x',
           a.low + (29999 * power((n::bigint * 7919) %% 100003 / 100003.0, 3))::int, %(text)s || n,
           now() - n * interval '90 seconds', now() - n * interval '90 seconds', 'grouped',
           't' || n / 24 * 4 + n %% 4,
           (array['bug', 'feature', 'question', 'praise', 'other'])[n %% 5 + 1], 0.7,
           case when n %% 4 = 0 then '' else 'unsure' end, ((n %% 200) - 100) / 100.0,
           case when n %% 5 < 2 then t.ids[1 + (n::bigint * 31) %% (%(comments)s / 10)] end,
           case when n %% 10 = 0 then 'copy ' || n %% 100 else '' end,
           jsonb_build_object('verdict', 'join', 'score', 0.81,
                              'nearest', to_jsonb(array_fill(n, array[40]))),
           '{"bug": 0.7, "feature": 0.1, "question": 0.1, "praise": 0.05, "other": 0.05}'
    from product p, (select array_agg(id order by name) as ids from source) s,
         (select min(id) as low from author) a, (select array_agg(id) as ids from theme) t,
         generate_series(1, %(comments)s) n;
    insert into account_weight (author_id, product_id, weight)
    select id, product_id, id %% 50 from author where id %% 30 = 0;
    insert into theme_suggestion (product_id, theme_id, other_id, score)
    select product_id, id, before, 0.2 + (n %% 60) / 100.0
    from (select product_id, id, lag(id) over by_age as before, row_number() over by_age as n
          from theme where status in ('triage', 'accepted') window by_age as (order by created_at)
    ) aged where n %% 20 between 1 and 4 and before is not null;
    insert into delivery (product_id, source_id, dedup_key, body, stage, received_at)
    select c.product_id, c.source_id, c.external_id, '{}', 'parsed', c.received_at from comment c
"""
PAGES = (
    "/?days=7",
    "/",
    "/?days=90",
    "/?top=rising",
    "/triage",
    "/triage?sort=rising",
    "/triage?view=themes",
    "/pairs",
    "/questions",
    "/questions?newcomers=1",
    "/questions?state=answered",
    "/promises",
    "/people",
    "/people?q=handle1234",
    "/people?which=newcomers",
    "/people?which=lost",
    "/people?which=helpers",
    "/people?sort=weight",
    "/people/1",
    "/triage?view=themes&sort=weight",
    "/triage?view=themes&rare=1",
    "/triage?sort=weight",
    "/insights",
    "/insights?compare=none",
    "/insights/people",
    "/comments",
    "/comments?kind=bug&unsure=1",
    "/comments?sort=doubt",
)
QUERIES: dict[str, Callable[[Connection], Awaitable[object]]] = {
    "totals": totals.overview,
    "breakdown": insights.breakdown,
    "volume": insights.volume,
    "kinds": insights.kinds,
    "top themes": insights.top_themes,
    "top matters": top_matters.top_matters,
    "rising matters": partial(top_matters.top_matters, rising=True),
    "stages": health.stages,
    "sources": health.sources,
}


async def measure(conninfo: str, folder: Path, comments: int, rounds: int) -> None:
    """Fill, then time every page and every query of the overview."""
    database = Database(conninfo)
    await database.open()
    async with database.transaction() as connection:
        for statement in FILL.split(";\n"):
            await connection.execute(statement, {"comments": comments, "text": TEXT})
    async with database.pool.connection() as connection:
        await connection.set_autocommit(True)
        await connection.execute("vacuum analyze")
        await connection.set_autocommit(False)
    async with database.transaction() as connection:
        product_id = await fetch_value(connection, "select id from product")
        started = time.perf_counter()
        await count_help(connection, product_id, datetime.now(UTC))
        print(f"{'counting who helps':>28}: {1_000 * (time.perf_counter() - started):,.0f} ms")
    app = create_app(
        Settings(data_dir=folder, public_url="http://testserver"), database, Vault(new_key())
    )
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),  # which closes the database
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        person = await sign_in(client, database)
        for page in PAGES:
            print(f"{page:>28}: {spread(await times(partial(person.get, page), rounds))} ms")
        async with database.transaction() as connection:
            for name, query in QUERIES.items():
                print(f"{name:>28}: {spread(await times(partial(query, connection), rounds))} ms")


async def times(work: Callable[[], Awaitable[object]], rounds: int) -> list[float]:
    """Milliseconds of each of ``rounds`` calls, after one that does not count."""
    taken = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        answer = await work()
        assert getattr(answer, "status_code", 200) == 200
        taken.append(1_000 * (time.perf_counter() - started))
    return taken[1:]


def main() -> None:
    """Measure everything once."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    print(describe("fastapi", "psycopg"))
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres:
        migrate.upgrade(postgres.conninfo())
        asyncio.run(measure(postgres.conninfo(), Path(folder), chosen.comments, chosen.rounds))


if __name__ == "__main__":
    main()
