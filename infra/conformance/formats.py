"""Defines the formats of the API for schemathesis, because JSON Schema cannot express their rules."""

import datetime

import schemathesis
from hypothesis import strategies

# Domains that cannot have mail; the API rejects them.
SPECIAL_USE = {"arpa", "invalid", "local", "localhost", "onion", "test"}


def can_have_mail(address):
    labels = address.rpartition("@")[2].lower().split(".")
    return labels[-1] not in SPECIAL_USE and not any(label[2:4] == "--" for label in labels)


schemathesis.openapi.format("email", strategies.emails().filter(can_have_mail))

# One character of each kind that a new password must have.
without_nul = strategies.characters(exclude_characters="\0", exclude_categories=["Cs"])
schemathesis.openapi.format("new-password", strategies.text(without_nul, min_size=4, max_size=80).map("{}aA1!".format))

# The year of a release may be the next one at the latest.
schemathesis.openapi.format(
    "date", strategies.dates(max_value=datetime.date(datetime.date.today().year + 1, 12, 31)).map(str)
)
