"""Permissions, as the folder that needs them names them: infrastructure and tests make of them what they need."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """Actions of IAM's on resources. ARNs may hold CloudFormation's `${AWS::…}` names."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: tuple[tuple[str, str], ...] = ()
    """Condition keys that each call sets, and their values."""
