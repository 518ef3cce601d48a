"""The embedded PostgreSQL: a private server in the data folder, for everybody who sets no
RELAY_DATABASE_URL."""

from app.storage.postgres.launcher import EmbeddedPostgres
from app.storage.postgres.problem import PostgresProblem

__all__ = ["EmbeddedPostgres", "PostgresProblem"]
