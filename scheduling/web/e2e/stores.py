"""Runs Postgres and Valkey for a browser test until its input ends: `stores.py`, from the repository's root.

Its first line of output says, as JSON, the environment of a server that keeps everything there. After each line of
input it says how much they hold by then.
"""

import json
import sys

import psycopg

from torture import postgres, valkey


def main() -> None:
    with postgres.running() as database, valkey.running() as broker, broker.client() as client:
        url = database.database()
        address = url.render_as_string(hide_password=False)
        told = {"DATABASE_URL": address, "SCHEDULING_BROKER": broker.url}
        say(told)
        for _ in sys.stdin:
            with psycopg.connect(address) as connection:
                (shifts,) = connection.execute("SELECT count(*) FROM schedules").fetchone() or (0,)
            say({"shifts": shifts, "keys": client.dbsize()})
        database.drop(url)


def say(what: object) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
