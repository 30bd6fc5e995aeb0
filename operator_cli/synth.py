"""`make synth`: the CDK's synth, whose errors are the app's alone."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from infra.own_node import with_own_node

CHECKOUT: Final = Path(__file__).resolve().parent.parent
_CDK_SAYS_LAST: Final = "tools/cdk-app: Subprocess exited with error"
"""After the error that the app has printed, which says what to do."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", help="The file to synthesize. Default: config/local.toml, else config/default.toml.")
def main(config: str | None) -> None:
    """Write the CloudFormation template to cdk.out."""
    context = ["-c", f"config={config}"] if config else []
    process = subprocess.Popen(  # noqa: S603 - our own words
        [str(CHECKOUT / "node_modules/.bin/cdk"), "synth", "--quiet", *context],
        cwd=CHECKOUT,
        env=with_own_node(os.environ),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None  # noqa: S101 - asked for above
    for line in process.stderr:
        if not line.startswith(_CDK_SAYS_LAST):
            click.echo(line, nl=False, err=True)
    sys.exit(process.wait())


if __name__ == "__main__":
    main()
