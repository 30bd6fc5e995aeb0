"""Start MiniStack, adapted as LOCAL_CLOUD_* say; `--check` only sees whether it could."""

import importlib
import os
import sys
from functools import partial
from pathlib import Path

from local_cloud.inside_ministack import cloudformation, judge, schedules, service_roles, sns, unpacking
from local_cloud.inside_ministack.permissions import Permissions
from local_cloud.inside_ministack.private_names import missing_names


def main() -> None:
    os.environ["AUTH"] = "true"  # read when MiniStack is imported: calls are judged by IAM
    if missing := missing_names():
        sys.exit(
            f"This MiniStack lacks {', '.join(missing)}, which local_cloud/inside_ministack builds on. "
            "Run `make install` for the pinned version, or adapt inside_ministack to the new one."
        )
    if "--check" in sys.argv:
        return
    speed = float(os.environ["LOCAL_CLOUD_SPEED"])
    schedules.speed_up(speed)
    cloudformation.extend()
    tell_interval = partial(schedules.tell_interval, speed=speed)
    unpacking.unpack_once(Path(os.environ["TMPDIR"]) / "unpacked", tell_interval)
    sns.adapt(Path(os.environ["LOCAL_CLOUD_INBOX"]))
    permissions = Permissions(Path(os.environ["LOCAL_CLOUD_PERMISSIONS"]))
    permissions.adapt()
    service_roles.judge(permissions)
    judge.answer_others(permissions)

    importlib.import_module("ministack.app").main()


if __name__ == "__main__":
    main()
