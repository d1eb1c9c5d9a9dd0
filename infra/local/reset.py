"""`make reset`: deletes the local database; the next `make dev` begins with the seed catalogue."""

import os
import shutil

import database
import lock
import tools


def reset():
    """Deletes the cluster and its settings. Fails with a `Problem` while another command uses them."""
    if os.environ.get("DATABASE_URL"):
        raise tools.Problem("`make reset` only ever deletes the database in .local; unset DATABASE_URL to do that.")
    with lock.held("reset"):
        if database.DATA.exists():
            # A folder that is half deleted must not pass for a cluster.
            doomed = database.DATA.with_suffix(".old")
            shutil.rmtree(doomed, ignore_errors=True)
            database.DATA.rename(doomed)
            shutil.rmtree(doomed)
        database.SETTINGS.unlink(missing_ok=True)
    print("The local database is gone; `make dev` makes a new one.")


if __name__ == "__main__":
    with tools.main():
        reset()
