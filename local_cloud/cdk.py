"""The real CDK command line, pointed at a local cloud."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.processes import Program, Workspace
from local_cloud.progress import Report, reported
from local_cloud.toolchain import ACCOUNT, CHECKOUT

BOOTSTRAP_TIMEOUT = 120.0
SYNTH_TIMEOUT = 300.0
"""Seconds. The first synth of a checkout downloads what is bundled."""
DEPLOY_TIMEOUT = 300.0


def app_context(**values: str) -> dict[str, Any]:
    """The context of an app.py that is run without the CDK's command line: the checkout's own, and these values."""
    settings = json.loads((CHECKOUT / "cdk.json").read_text(encoding="utf-8"))
    # The bundle is taken from where it was built: a copy in each assembly would cost half of the synth.
    return {**settings["context"], "aws:cdk:disable-asset-staging": True, **values}


@dataclass(frozen=True, slots=True)
class Synthesis:
    """A synth of this checkout's app that is under way."""

    program: Program
    assembly: Path
    report: Report

    def finish(self) -> Path:
        """The assembly, once it is whole. Raises StepFailedError."""
        with reported("synth", self.report):
            self.program.finish(timeout=SYNTH_TIMEOUT)
        return self.assembly


class Cdk:
    """Runs `cdk` with an environment of its own; its output is a log of the workspace."""

    def __init__(
        self, program: Path, workspace: Workspace, *, env: Mapping[str, str], region: str, report: Report
    ) -> None:
        self._program = program
        self._workspace = workspace
        self._env = env
        self._region = region
        self._report = report

    def bootstrap(self) -> None:
        """Prepare the account and Region. Raises StepFailedError."""
        # Told the environment, and run where no app is: else it would synthesize one to learn it.
        self._run("bootstrap", ["bootstrap", f"aws://{ACCOUNT}/{self._region}"], self._workspace.directory)

    @contextmanager
    def synthesizing(self, config: str) -> Iterator[Synthesis]:
        """While the block lasts, this checkout's app is synthesized beside whatever else is done."""
        assembly = self._workspace.directory / "cdk.out"
        env = {
            **self._env,
            "CDK_OUTDIR": str(assembly),
            "CDK_CONTEXT_JSON": json.dumps(app_context(config=config)),
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": self._region,
        }
        with self._workspace.running("synth", [sys.executable, "app.py"], env=env, cwd=CHECKOUT) as program:
            yield Synthesis(program, assembly, self._report)

    def deploy(
        self,
        *,
        app: Path,
        stacks: Sequence[str],
        parameters: Mapping[str, str],
        account: str,
    ) -> dict[str, str]:
        """Deploy stacks, or all if none is named; the outputs of all by their names. Raises StepFailedError.

        `app` is a directory with a cdk.json, or an assembly (cdk.out) that is deployed as it is.
        """
        outputs = self._workspace.directory / "outputs.json"
        arguments = ["deploy", *(stacks or ["--all"]), "--require-approval", "never", "--outputs-file", str(outputs)]
        for name, value in parameters.items():
            arguments += ["--parameters", f"{name}={value}"]
        if (app / "manifest.json").exists():
            arguments += ["--app", str(app)]
        else:
            arguments += ["--output", str(self._workspace.directory / "cdk.out")]
        self._run("deploy", arguments, app, account=account)
        by_stack: dict[str, dict[str, str]] = json.loads(outputs.read_text(encoding="utf-8"))
        return {name: value for outputs_of_one in by_stack.values() for name, value in outputs_of_one.items()}

    def _run(self, step: str, arguments: Sequence[str], cwd: Path, *, account: str = ACCOUNT) -> None:
        # An account's id is the key of its root.
        env = {**self._env, "AWS_ACCESS_KEY_ID": account}
        common = ["--ci", "--no-color", "--no-notices", "--progress", "events"]
        with (
            reported(step, self._report),
            self._workspace.running(step, [str(self._program), *arguments, *common], env=env, cwd=cwd) as program,
        ):
            program.finish(timeout=BOOTSTRAP_TIMEOUT if step == "bootstrap" else DEPLOY_TIMEOUT)
