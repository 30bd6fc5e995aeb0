"""The custom widget of the dashboard: CloudWatch invokes it and shows the HTML that it answers."""

from functools import cache
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from journey_watch.live_page import PageRequest, WidgetLinks
from journey_watch.live_page.composition import LivePage

DOCUMENTATION: Final = """\
## Journey Watch: live runs
What is wrong, which journeys and campaigns are watched, which of their runs are live, and what changed lately.

### Widget parameters
All are optional; a viewer can change each of them in the widget.

Parameter | Meaning
---|---
**lane** | `provider/account/region`: this lane alone
**application** | this application or instance alone, by id or name
**journey** | a part of a journey's name or id
**status** | journeys with a run of this status: SCHEDULED, RUNNING, PAUSED, COMPLETED, CANCELLED, FAILED, UNKNOWN
**only_problems** | `true`: journeys with problems alone
**hours** | how far back timelines and changes go, 1 to 168; 24 if not given
**sort** | `problems` (worst first), `changed` or `name`

### Example parameters
```yaml
application: Web shop
only_problems: true
```
"""

logger = Logger()
live_page = cache(LivePage.from_environment)


@logger.inject_lambda_context(clear_state=True)
def handler(event: object, context: LambdaContext) -> str:
    """HTML, or Markdown if asked to describe itself. An exception shows in the widget."""
    asked: dict[str, Any] = event if isinstance(event, dict) else {}
    if asked.get("describe"):
        return DOCUMENTATION
    return live_page().html(PageRequest.from_widget_event(asked), WidgetLinks(context.invoked_function_arn))
