"""What a test session inherits from whoever starts it, put aside, so that every test meets the same everywhere."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

from local_cloud.toolchain import LEFT_OVER

_PROXIES: Final = ("all_proxy", "http_proxy", "https_proxy", "no_proxy")
_INTERRUPTIONS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


def put_aside(home: Path) -> None:
    """Give this process, and so all it starts, surroundings of its own. `home` is an empty directory.

    Afterwards no signal is ignored or blocked, new files are readable by all, texts are UTF-8, the time zone is UTC,
    what is compiled is kept, and no account, profile, Region or proxy of the user's is known. What pip needs to reach
    an index stays.
    """
    _heed_signals()
    os.umask(0o022)
    _keep_pip_working()
    for name in list(os.environ):
        if name.startswith(("AWS_", "CDK_", "LC_")) or name.lower() in _PROXIES or name == "LANGUAGE":
            del os.environ[name]
    # Otherwise each worker, and each command that a test starts, compiles anew: 5 s of a core for the tests alone.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ |= {
        "HOME": str(home),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        # Only for what registers them do the CDK's rules judge a template: to load them takes 7 s of a core.
        "CDK_VALIDATION": "false",
        # Its default is in the home directory: each session would unpack anew what the last one has unpacked.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(LEFT_OVER / "jsii"),
    }
    time.tzset()
    _open_standard_input()


def _heed_signals() -> None:
    """A shell lets its background jobs ignore SIGINT, `nohup` SIGHUP; programs started here would go on ignoring."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in _INTERRUPTIONS:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _keep_pip_working() -> None:
    """The function's bundle is built by pip, which may need the user's proxy and the user's configuration."""
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        if proxy := os.environ.get(name):
            os.environ.setdefault("PIP_PROXY", proxy)
    # Where pip looks, first of all its own order; the last of these is macOS's.
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    macos = Path.home() / "Library" / "Application Support"
    for file in (configuration / "pip/pip.conf", Path.home() / ".pip/pip.conf", macos / "pip/pip.conf"):
        if file.exists():
            os.environ.setdefault("PIP_CONFIG_FILE", str(file))


def _open_standard_input() -> None:
    """Were it closed, the next file opened would take its number, and be taken for it by what is started then."""
    try:
        os.fstat(0)
    except OSError:
        os.open(os.devnull, os.O_RDONLY)
        os.set_inheritable(0, True)
