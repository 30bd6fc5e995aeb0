"""`[deployment]`: a table that another stack left behind, or that was restored from a backup, and is used again."""

import re
from dataclasses import dataclass
from typing import Final

from strict_toml.tables import Table, matching

KEYS: Final = ("table", "table_key")

_table_name: Final = matching(re.compile(r"[A-Za-z0-9_.-]{3,255}"), "the name of a table in the stack's Region")
_key_arn: Final = matching(
    re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,128}", re.ASCII),
    "the ARN of the key that encrypts the table, like arn:aws:kms:eu-west-1:111122223333:key/…",
)


@dataclass(frozen=True, slots=True)
class AdoptedTable:
    """A state table that the stack uses and does not own."""

    name: str
    key_arn: str
    """The customer-managed key that encrypts it."""


def read_adopted_table(deployment: Table) -> AdoptedTable | None:
    """Return the table that `[deployment]` names, if it names one. Raises ConfigurationError for one key alone."""
    name = deployment.get("table", _table_name, None)
    key_arn = deployment.get("table_key", _key_arn, None)
    if name is None and key_arn is None:
        return None
    if name is None or key_arn is None:
        raise deployment.error("has only one of table and table_key; expected both, or neither.")
    return AdoptedTable(name, key_arn)
