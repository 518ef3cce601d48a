"""Is this PostgreSQL one that we can use? Each answer "no" is one sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from app.errors import ConfigError

OLDEST_SERVER = 160000
"""PostgreSQL 16, as ``server_version_num`` writes it."""

OLDEST_PGVECTOR = (0, 8)
"""The first pgvector with iterative index scans, which filtered searches need."""


SELECT_SERVER_FACTS = """
    select (select extversion from pg_extension where extname = 'vector') as installed,
           (select default_version from pg_available_extensions where name = 'vector') as offered,
           has_database_privilege(current_database(), 'CREATE') as may_create,
           coalesce(
               (select has_schema_privilege(oid, 'CREATE')
                from pg_namespace where nspname = 'public'),
               true
           ) as may_use_public,
           pg_is_in_recovery() as read_only
"""
UNKNOWN_SERVER_FACTS = (None, None, False, False, False)

EXPLANATIONS: Sequence[tuple[str, str, str]] = (
    (
        r"failed to resolve|could not translate host name|Name or service not known",
        "database_host_unknown",
        "The host name '{host}' of the database is unknown: correct the host in "
        "RELAY_DATABASE_URL.",
    ),
    (
        r"password authentication failed|no password supplied|empty password",
        "database_password_wrong",
        "The database at {where} refuses the password of user '{user}': "
        "correct user and password in RELAY_DATABASE_URL.",
    ),
    (
        r'database ".*" does not exist',
        "database_missing",
        "The database '{database}' does not exist at {where}: create it (createdb {database}) "
        "or correct the name in RELAY_DATABASE_URL.",
    ),
    (
        r"no pg_hba.conf entry|Peer authentication failed"
        r"|role \".*\" (does not exist|is not permitted)",
        "database_login_refused",
        "The database at {where} does not let user '{user}' in from here: "
        "create that user on the server, or allow it in pg_hba.conf.",
    ),
    (
        r"permission denied for database|permission denied",
        "database_permission_missing",
        "The user '{user}' may not use the database '{database}': make it the owner of that "
        "database.",
    ),
    (
        r"too many clients|remaining connection slots|too many connections",
        "database_busy",
        "The database at {where} has no connection left: raise its max_connections or lower "
        "RELAY_POOL_SIZE.",
    ),
    (
        r"is starting up|shutting down|recovery mode|not yet accepting",
        "database_starting",
        "The database at {where} is starting or stopping: try again in a few seconds.",
    ),
    (
        r"SSL|certificate",
        "database_tls_failed",
        "No encrypted connection to the database at {where} came about: "
        "correct sslmode and the certificates in RELAY_DATABASE_URL.",
    ),
    (
        r"timeout expired|timed out|statement timeout",
        "database_timeout",
        "The database at {where} does not answer in time: check the address, the firewall and "
        "the server's load.",
    ),
    (
        r"refused|No such file|No route|unreachable|Connection reset|closed the connection",
        "database_unreachable",
        "No PostgreSQL can be reached at {where}: start it, or correct host and port in "
        "RELAY_DATABASE_URL.",
    ),
)
"""What libpq or the server says (a pattern), the reason, the sentence; the first that matches."""


class DatabaseProblem(ConfigError):
    """The database cannot be used. ``reason`` is a stable code; the sentence never holds a
    password."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence, reason=reason, status=503)


@dataclass(frozen=True)
class ServerFacts:
    """What a usable server is. ``version_number`` is PostgreSQL's own, for example 180004."""

    version: str
    version_number: int
    pgvector: str
    database: str
    user: str


def check_server(conninfo: str, *, timeout: int = 5) -> ServerFacts:
    """Connect, look, leave everything as it was. ``timeout`` in seconds bounds the connection and
    every question.

    Raises DatabaseProblem with the first thing that is wrong.
    """
    target = _target(conninfo)
    try:
        with psycopg.connect(conninfo, connect_timeout=timeout) as connection:
            return _look(connection, timeout)
    except psycopg.Error as error:
        raise _explain(error, target) from error


def _target(conninfo: str) -> dict[str, str]:
    """The parts of a URL or keyword string."""
    try:
        target = {
            name: str(value)
            for name, value in conninfo_to_dict(conninfo).items()
            if value is not None
        }
    except psycopg.ProgrammingError:
        target = {"port": "unreadable"}
    if not re.fullmatch(r"[\d,]*", target.get("port", "")):
        # Nothing of the string is repeated, nor libpq's error chained: the broken part may be the
        # password.
        raise DatabaseProblem(
            "database_url_invalid",
            "RELAY_DATABASE_URL is not a PostgreSQL URL: write "
            "postgresql://user:password@host:5432/database and "
            "percent-encode special characters of the password.",
        )
    return target


def require_version(number: int, name: str) -> None:
    """Raise DatabaseProblem when a server of ``server_version_num`` ``number`` is too old."""
    if number < OLDEST_SERVER:
        raise DatabaseProblem(
            "database_too_old",
            f"The database is PostgreSQL {name}, but {OLDEST_SERVER // 10000} or newer is needed: "
            "upgrade the server.",
        )


def require_pgvector(version: str | None, *, installed: bool) -> None:
    """Raise DatabaseProblem when pgvector is absent (None) or too old. ``installed``: already in
    this database."""
    if version is None:
        raise DatabaseProblem(
            "pgvector_missing",
            "The database server has no pgvector: install the package of pgvector 0.8 or newer on "
            "it "
            "(Debian: postgresql-<version>-pgvector; managed servers: allow the extension "
            "'vector').",
        )
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST_PGVECTOR:
        remedy = "upgrade it on the server"
        if installed:
            remedy = "upgrade the package, then run 'alter extension vector update' in the database"
        raise DatabaseProblem(
            "pgvector_too_old",
            f"pgvector is version {version}, but 0.8 or newer is needed: {remedy}.",
        )


def _look(connection: psycopg.Connection[tuple[object, ...]], timeout: int) -> ServerFacts:
    connection.execute("select set_config('statement_timeout', %s, true)", [str(timeout * 1000)])
    number = connection.info.server_version
    name = connection.info.parameter_status("server_version") or str(number)
    require_version(number, name)
    database, user = connection.info.dbname, connection.info.user
    answers = connection.execute(SELECT_SERVER_FACTS).fetchone()
    installed, offered, may_create, may_use_public, read_only = answers or UNKNOWN_SERVER_FACTS
    if read_only:
        raise DatabaseProblem(
            "database_read_only",
            "The database server is a standby that only reads: point RELAY_DATABASE_URL at the "
            "primary.",
        )
    version = str(installed or offered) if installed or offered else None
    require_pgvector(version, installed=installed is not None)
    if not (may_create and may_use_public):
        raise DatabaseProblem(
            "database_permission_missing",
            f"The user '{user}' may not create tables in the database '{database}': make it the "
            "owner "
            f'(alter database "{database}" owner to "{user}").',
        )
    if installed is None:
        _try_extension(connection, database)
    return ServerFacts(name, number, version or "", database, user)


def _try_extension(connection: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    """Whether we may create the extension depends on the server's policy: try, and take it back."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("create extension vector")
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseProblem(
            "pgvector_permission_missing",
            f"pgvector is on the server but not in the database '{database}', and this user may "
            "not create it: let an "
            f"administrator run 'create extension vector' in '{database}' once.",
        ) from error


def _explain(error: psycopg.Error, target: dict[str, str]) -> DatabaseProblem:
    """The sentence for what libpq or the server said.

    libpq gives no SQLSTATE for a refused connection, so its English text is what there is to go by;
    a server that speaks another language ends in ``database_refused`` with the server's own words.
    """
    message = str(error)
    host = target.get("host") or target.get("hostaddr") or "the local socket"
    where = f"{host}:{target.get('port', '5432')}"
    user, database = target.get("user", ""), target.get("dbname") or target.get("user", "")
    names = {"host": host, "where": where, "user": user, "database": database}
    for pattern, reason, sentence in EXPLANATIONS:
        if re.search(pattern, message, re.IGNORECASE):
            return DatabaseProblem(reason, sentence.format(**names))
    return DatabaseProblem(
        "database_refused",
        f"The database at {where} answered: {_last_line(message, target) or type(error).__name__}."
        " Check RELAY_DATABASE_URL.",
    )


def _last_line(message: str, target: dict[str, str]) -> str:
    """What the server said last, without the password of the URL."""
    lines = message.strip().splitlines() or [""]
    line = lines[-1].removeprefix("FATAL:").strip().rstrip(".")
    password = target.get("password")
    return line.replace(password, "***") if password else line
