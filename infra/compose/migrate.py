"""The service `migrator`: brings the schema up to date, and the seed catalogue into an empty database."""

import dev
import functions
import interrupts
import tools


def migrate():
    """Returns when the database is ready. Fails with a `Problem`."""
    functions.build("--bin=manage")
    port = functions.free_port()
    with functions.serve(port, None, lambda: None):
        dev.prepare(port)
    print("The database is ready.")


if __name__ == "__main__":
    with tools.main():
        interrupts.handle()
        try:
            migrate()
        except interrupts.Interrupted:
            raise tools.Problem("stopped before the database was ready; start it again.") from None
