"""The health check of the service `api`: one movie, and with it the database. Its exit code is the answer."""

import api
import dev
import functions
import tools

if __name__ == "__main__":
    with tools.main():
        dev.check(api.PORT)
