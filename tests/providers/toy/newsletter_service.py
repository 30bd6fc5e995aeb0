"""The service: publishers with newsletters, each with issues. In memory, and as unreliable as any."""

from dataclasses import dataclass, field


class RefusedError(Exception):
    """The service does not answer this, or has no such thing."""


@dataclass
class NewsletterService:
    """Newsletters by publisher, and the state of each issue by newsletter."""

    publishers: dict[str, dict[str, str]]
    """The title of each newsletter, by publisher."""
    issues: dict[str, dict[str, str]]
    """The state of each issue, by newsletter."""
    refused: set[str] = field(default_factory=set)
    """Publishers (`*`: their list) and newsletters that the service does not answer for."""
    cut_short: set[str] = field(default_factory=set)
    """Newsletters of which it shows the first issue only."""
    down: bool = False

    def list_publishers(self) -> list[str]:
        self._check("*")
        return list(self.publishers)

    def list_newsletters(self, publisher: str) -> dict[str, str]:
        self._check(publisher)
        return dict(self.publishers[publisher])

    def list_issues(self, newsletter: str) -> tuple[dict[str, str], bool]:
        """The issues, and whether there are more."""
        self._check(newsletter)
        if newsletter not in self.issues:
            raise RefusedError(f"no newsletter {newsletter}")
        issues = self.issues[newsletter]
        cut = newsletter in self.cut_short
        return dict(list(issues.items())[:1]) if cut else dict(issues), cut

    def _check(self, thing: str) -> None:
        if self.down or thing in self.refused:
            raise RefusedError(f"nothing to be had of {thing}")
