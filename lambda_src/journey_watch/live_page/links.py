"""How the page asks for another view of itself: in a CloudWatch dashboard, and in a browser."""

import json
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlencode

from journey_watch.live_page.elements import Html, element, fragment
from journey_watch.live_page.request import LINK_PARAMETERS, Query

_MARKUP: Final = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&"})
"""JSON without these is the same JSON whether a browser hands it over as text or as markup."""


class Links(Protocol):
    def to(self, query: Query, label: str) -> Html:
        """Something to click, which shows `query` instead."""

    def apply_form(self, label: str) -> Html:
        """Something to click, which shows what the form around it says, from its first page on."""


@dataclass(frozen=True, slots=True)
class WidgetLinks:
    """CloudWatch calls the function again for a `<cwdb-action>` and replaces the widget by its answer."""

    function_arn: str

    def to(self, query: Query, label: str) -> Html:
        # All of them, so that the form's fields, which CloudWatch sends along, do not come through.
        everything = {**dict.fromkeys(Query.__dataclass_fields__, ""), **query.parameters()}
        return self._call(label, everything, cls="jw-link")

    def apply_form(self, label: str) -> Html:
        return self._call(label, {"page": "1"}, cls="jw-apply")

    def _call(self, label: str, parameters: dict[str, str], *, cls: str) -> Html:
        payload = json.dumps({LINK_PARAMETERS: parameters}).translate(_MARKUP)
        return fragment(
            element("button", label, type="button", cls=cls),
            element("cwdb-action", payload, action="call", display="widget", endpoint=self.function_arn),
        )


@dataclass(frozen=True, slots=True)
class UrlLinks:
    """A browser has the query in its address."""

    def to(self, query: Query, label: str) -> Html:
        return element("a", label, href=f"?{urlencode(query.parameters())}", cls="jw-link")

    def apply_form(self, label: str) -> Html:
        return element("button", label, type="submit", cls="jw-apply")
