"""Keeps texts of a configuration from being read as references by whatever the template passes through.

CloudFormation replaces `{{resolve:…}}` in a property by a parameter or a secret, wherever it stands; Fn::Sub replaces
`${Name}`, and the CDK its own `${Token[…]}`.
"""

from collections.abc import Mapping
from typing import Final

from strict_toml.tables import Place

_MARKERS: Final = ("{{", "${")


def refuse_references(value: object, place: Place) -> None:
    """Raise ConfigurationError if a text has a marker, at any depth. Applied to a whole file, before it is read."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            refuse_references(str(key), place)
            refuse_references(each, place.key(str(key)))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            refuse_references(each, place.item(index))
    elif isinstance(value, str):
        for marker in _MARKERS:
            if marker in value:
                raise place.error(
                    f'has "{marker}", which AWS CloudFormation would replace by something else, such as a secret; '
                    "expected a text without it. In a pattern of names, write ?? for it."
                )
