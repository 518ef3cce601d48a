"""A process that uses an embedded server: started by tests, so that they can kill it or change who
it is.

``postgres_user.py DATA_DIR [UID]`` starts the server, prints its URL, and leaves when its input
ends. A problem is printed as ``problem <reason> <sentence>``. With UID it gives root up first
(after the imports: the interpreter may be root's).
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import psycopg

from app.storage.postgres import EmbeddedPostgres, PostgresProblem


def main() -> None:
    if len(sys.argv) > 2:
        with suppress(psycopg.OperationalError):
            psycopg.connect("host=/nowhere", connect_timeout=1)  # loads what a connection needs
        os.setgroups([])
        os.setgid(int(sys.argv[2]))
        os.setuid(int(sys.argv[2]))
    try:
        with EmbeddedPostgres(Path(sys.argv[1]), options={"fsync": "off"}) as server:
            print(server.conninfo(), flush=True)
            sys.stdin.read()
    except PostgresProblem as problem:
        print("problem", problem.reason, problem.detail, flush=True)


main()
