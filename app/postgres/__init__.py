"""The embedded PostgreSQL: a private server in the data folder, for everybody who sets no RELAY_DATABASE_URL."""

from app.postgres.launcher import EmbeddedPostgres
from app.postgres.problem import PostgresProblem

__all__ = ["EmbeddedPostgres", "PostgresProblem"]
