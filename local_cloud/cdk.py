"""The real CDK command line, pointed at a local cloud."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from local_cloud.processes import Workspace
from local_cloud.progress import Report, reported
from local_cloud.toolchain import ACCOUNT

BOOTSTRAP_TIMEOUT = 120.0
DEPLOY_TIMEOUT = 300.0
"""Seconds. The first synth of a checkout downloads what is bundled."""


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

    def deploy(
        self,
        *,
        app: Path,
        context: Mapping[str, str],
        stacks: Sequence[str],
        parameters: Mapping[str, str],
        account: str,
    ) -> dict[str, str]:
        """Deploy stacks, or all if none is named; the outputs of all by their names. Raises StepFailedError.

        `app` is a directory with a cdk.json, or an assembly (cdk.out) that is deployed as it is, without `context`.
        """
        outputs = self._workspace.directory / "outputs.json"
        arguments = ["deploy", *(stacks or ["--all"]), "--require-approval", "never", "--outputs-file", str(outputs)]
        for name, value in context.items():
            arguments += ["--context", f"{name}={value}"]
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
