"""Start MiniStack, adapted as LOCAL_CLOUD_SPEED and LOCAL_CLOUD_INBOX say; `--check` only sees whether it could."""

import importlib
import os
import sys
from pathlib import Path

from local_cloud.inside_ministack import cloudformation, schedules, sns
from local_cloud.inside_ministack.private_names import missing_names


def main() -> None:
    if missing := missing_names():
        sys.exit(
            f"This MiniStack lacks {', '.join(missing)}, which local_cloud/inside_ministack builds on. "
            "Run `make install` for the pinned version, or adapt inside_ministack to the new one."
        )
    if "--check" in sys.argv:
        return
    schedules.speed_up(float(os.environ["LOCAL_CLOUD_SPEED"]))
    cloudformation.extend()
    sns.adapt(Path(os.environ["LOCAL_CLOUD_INBOX"]))

    importlib.import_module("ministack.app").main()


if __name__ == "__main__":
    main()
