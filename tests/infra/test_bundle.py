"""What is deployed: complete without anything else on the path, small, and the same each time."""

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from infra import aws_sdk_models
from infra import bundle as bundling
from infra.aws_sdk_models import cut_model, sdk_operations
from infra.bundle import PYTHON_VERSION, Bundle, build_bundle, shipped_code
from journey_watch import contract
from journey_watch.core.watch_list import WatchTarget
from journey_watch.settings import WatchConfig
from tests.infra.conftest import ROOT

CONFIG = WatchConfig(watch=(WatchTarget("pinpoint", "*"),))


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """Built where `cdk synth` builds it, so that the dependencies are installed once."""
    return build_bundle(CONFIG)


def run_inside(bundle: Bundle, program: str) -> str:
    """The output of a program that sees the standard library and the bundle, and nothing else."""
    done = subprocess.run(  # noqa: S603 - all of it is written here
        [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.insert(0, {str(bundle.path)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=False,
        env={"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_of_the_function_imports_from_the_bundle_alone(bundle: Bundle) -> None:
    modules = [
        ".".join(path.relative_to(bundle.path).with_suffix("").parts)
        for path in sorted((bundle.path / "journey_watch").rglob("*.py"))
        if path.name != "__init__.py"
    ]

    imports = "\n".join(f"importlib.import_module({module!r})" for module in modules)
    # What an entrypoint reads at its start.
    variables = {
        contract.ENV_STATE_TABLE: "table",
        contract.ENV_ALERT_TOPIC: "arn:aws:sns:eu-west-1:111122223333:alerts",
        contract.ENV_ALERT_MAIL_TOPIC: "arn:aws:sns:eu-west-1:111122223333:alert-mail",
        contract.ENV_OPS_TOPIC: "arn:aws:sns:eu-west-1:111122223333:ops",
        contract.ENV_OPS_MAIL_TOPIC: "arn:aws:sns:eu-west-1:111122223333:ops-mail",
        contract.ENV_ACCOUNT: "111122223333",
        contract.ENV_REGION: "eu-west-1",
        contract.ENV_SERVICE: "journey-watch",
        contract.ENV_METRICS_NAMESPACE: contract.METRICS_NAMESPACE,
    }
    run_inside(bundle, f"import importlib, os\nos.environ.update({variables!r})\n{imports}")


def test_every_client_can_be_made_and_has_every_operation_it_is_kept_for(bundle: Bundle) -> None:
    wanted = {service: [xform_name(name) for name in names] for service, names in sdk_operations().items()}

    run_inside(
        bundle,
        f"""
import boto3, aws_lambda_powertools, aws_lambda_powertools.metrics
assert boto3.__file__.startswith({str(bundle.path)!r})
for service, operations in {wanted!r}.items():
    client = boto3.client(service)
    for operation in operations:
        getattr(client, operation)
""",
    )


def test_the_bundled_configuration_is_the_one_given(bundle: Bundle) -> None:
    read = run_inside(
        bundle, "from journey_watch.settings import bundled_watch_config\nprint(bundled_watch_config().to_json())"
    )

    assert WatchConfig.from_json(read) == CONFIG


def test_every_operation_the_functions_call_is_bundled() -> None:
    """By name: a word of the code that ships that names some operation of a bundled service must name a kept one."""
    session = botocore.session.get_session()
    known = {
        xform_name(operation): (service, operation)
        for service in sdk_operations()
        for operation in session.get_service_model(service).operation_names
    }
    # Of the core and the words of alerts nothing calls anybody; a word of theirs may be an operation's all the same.
    rooms = ("aws", "channels", "live_page", "providers", "store")
    sources = [path for room in rooms for path in (ROOT / "lambda_src/journey_watch" / room).rglob("*.py")]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))]
    words = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    words |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    called = {known[word] for word in words & known.keys()}

    kept = {(service, operation) for service, operations in sdk_operations().items() for operation in operations}
    assert ("pinpoint", "GetJourneyRuns") in called
    assert called <= kept, f"add to the operations of its provider, or of infra/aws_sdk_models.py: {called - kept}"


def test_a_cut_model_keeps_what_its_operations_reach_and_drops_the_rest() -> None:
    model = botocore.session.get_session().get_service_model("pinpoint")
    with_docs = botocore.session.get_session().get_component("data_loader").load_service_model("pinpoint", "service-2")

    cut = cut_model(with_docs, ["GetJourneyRuns"])

    assert cut["operations"].keys() == {"GetJourneyRuns"}
    assert {"GetJourneyRunsRequest", "JourneyRunResponse", "TooManyRequestsException"} <= cut["shapes"].keys()
    assert "CreateCampaignRequest" not in cut["shapes"]
    assert "documentation" not in json.dumps(cut)
    assert cut["metadata"] == with_docs["metadata"]
    assert len(cut["shapes"]) < len(model.shape_names) / 10


def test_no_model_is_bundled_that_is_not_used(bundle: Bundle) -> None:
    services = {path.name for path in (bundle.path / "botocore/data").iterdir() if path.is_dir()}

    assert services == sdk_operations().keys()


def test_the_bundle_is_small(bundle: Bundle, tmp_path: Path) -> None:
    """Lambda fetches it at each cold start."""
    archive = tmp_path / "bundle.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path in bundle.path.rglob("*"):
            zipped.write(path, path.relative_to(bundle.path))

    assert archive.stat().st_size < 8_000_000


@pytest.mark.skipif(sys.version_info[:2] != PYTHON_VERSION, reason="only the runtime's own Python compiles for it")
def test_every_module_is_compiled_and_trusted_without_looking_at_its_source(bundle: Bundle) -> None:
    for source in bundle.path.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        # PEP 552: the flags follow the magic number; 1 is hash-based and unchecked.
        assert compiled.read_bytes()[4:8] == b"\1\0\0\0", source


def test_the_same_inputs_give_the_same_bundle_without_building_again(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(bundling, "_install", fail)
    monkeypatch.setattr(bundling, "_compile", fail)

    assert build_bundle(CONFIG) == bundle


def test_another_configuration_is_another_bundle_with_the_same_dependencies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundling, "_install", lambda directory: (directory / "boto3/data").mkdir(parents=True))
    monkeypatch.setattr(aws_sdk_models, "trim", lambda _: None)
    other = WatchConfig(watch=(WatchTarget("pinpoint", "app1"),))

    first, second = (build_bundle(config, build_directory=tmp_path) for config in (CONFIG, other))

    assert second.digest != first.digest
    assert first.code == second.code == shipped_code()
    assert len(list(tmp_path.glob("dependencies-*"))) == 1


def test_other_sources_are_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [shipped_code()]
    monkeypatch.setattr(bundling, "_SOURCES", tmp_path)
    for text in ("a = 1\n", "a = 2\n"):
        (tmp_path / "module.py").write_text(text, encoding="utf-8")
        codes.append(shipped_code())

    assert len(set(codes)) == 3


def test_what_could_not_be_installed_leaves_nothing_behind_and_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("./no-such-directory\n", encoding="utf-8")
    monkeypatch.setattr(bundling, "_LOCK", lock)

    with pytest.raises(bundling.BundleError, match="dependencies cannot be installed"):
        build_bundle(CONFIG, build_directory=tmp_path / "build")

    assert list((tmp_path / "build").iterdir()) == []


@pytest.fixture
def private_umask() -> Iterator[None]:
    """As on many a company's machine: what is made here is for its owner alone."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def modes(directory: Path) -> set[tuple[bool, str]]:
    """(is a directory, mode) of everything in it and of itself."""
    return {(path.is_dir(), f"{path.stat().st_mode & 0o777:o}") for path in (directory, *directory.rglob("*"))}


@pytest.mark.usefixtures("private_umask")
def test_everybody_can_read_the_bundle_whatever_the_builders_umask(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda runs the function as another user than the archive's owner: 600 is "Permission denied" at its import."""

    def install(directory: Path) -> None:
        for part in ("aws_lambda_powertools", "tzdata"):
            shutil.copytree(bundle.path / part, directory / part, copy_function=shutil.copyfile)
        (directory / "boto3/data").mkdir(parents=True)
        program = directory / "program"
        program.touch()
        program.chmod(0o700)

    monkeypatch.setattr(bundling, "_install", install)
    monkeypatch.setattr(aws_sdk_models, "trim", lambda _: None)

    built = build_bundle(CONFIG, build_directory=tmp_path / "build")

    assert modes(built.path) == {(True, "755"), (False, "644"), (False, "755")}
    assert (built.path / "program").stat().st_mode & 0o777 == 0o755


def test_the_bundle_of_this_checkout_can_be_read_by_everybody_even_if_it_was_closed_since(bundle: Bundle) -> None:
    module = bundle.path / "journey_watch/polling/poll_lane.py"
    module.chmod(0o600)
    bundle.path.chmod(0o700)
    build_bundle(CONFIG)
    assert modes(bundle.path) <= {(True, "755"), (False, "644"), (False, "755")}


def without_its_dependencies(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """A bundle that is built there of this checkout's own modules alone."""
    monkeypatch.setattr(bundling, "_install", lambda target: (target / "boto3/data").mkdir(parents=True))
    monkeypatch.setattr(aws_sdk_models, "trim", lambda _: None)
    return build_bundle(CONFIG, build_directory=directory)


def test_the_same_files_have_the_same_digest_wherever_and_whenever_they_are_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = without_its_dependencies(tmp_path / "here", monkeypatch)
    there = without_its_dependencies(tmp_path / "a longer way there", monkeypatch)
    for path in there.path.rglob("*"):
        os.utime(path, (0, 0))

    assert list(here.path.rglob("*.pyc")) or sys.version_info[:2] != PYTHON_VERSION
    assert build_bundle(CONFIG, build_directory=there.path.parent).digest == here.digest


@pytest.mark.parametrize("name", ["journey_watch/contract.py", "journey_watch/__pycache__", contract.WATCH_CONFIG_FILE])
def test_a_file_that_was_changed_since_it_was_built_is_another_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """`cdk diff` shows another asset: the digest is of the files, not of what they should have been made from."""
    built = without_its_dependencies(tmp_path, monkeypatch)
    doctored = built.path / name
    if doctored.is_dir():
        doctored = next(doctored.iterdir())
    elif name.endswith("__pycache__"):
        pytest.skip("only the runtime's own Python compiles for it")
    doctored.write_bytes(doctored.read_bytes() + b"\n")

    assert build_bundle(CONFIG, build_directory=tmp_path).digest != built.digest


def test_a_file_more_is_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = without_its_dependencies(tmp_path, monkeypatch)
    (built.path / "sitecustomize.py").touch()

    assert build_bundle(CONFIG, build_directory=tmp_path).digest != built.digest


def test_other_modes_are_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = without_its_dependencies(tmp_path, monkeypatch)
    monkeypatch.setattr(bundling, "FILE_MODE", 0o640)

    assert build_bundle(CONFIG, build_directory=tmp_path).digest != built.digest


def test_nothing_of_the_machine_that_built_it_is_bundled(bundle: Bundle) -> None:
    names = {path.name for path in bundle.path.glob("*.dist-info/*")}

    assert "METADATA" in names
    assert not names & {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
    assert not (bundle.path / "bin").exists()
    traces = [str(ROOT).encode(), sys.prefix.encode()]
    assert [path for path in files(bundle) if any(trace in path.read_bytes() for trace in traces)] == []


def files(bundle: Bundle) -> list[Path]:
    return [path for path in bundle.path.rglob("*") if path.is_file()]


def test_a_doctored_wheel_of_the_right_name_and_version_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror hands out what it likes; the lock has the hashes of what was published."""
    mirror, lock = tmp_path / "mirror", tmp_path / "requirements.lock"
    mirror.mkdir()
    with zipfile.ZipFile(mirror / "six-1.17.0-py2.py3-none-any.whl", "w") as wheel:
        wheel.writestr("six.py", "print('doctored')")
        wheel.writestr("six-1.17.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: six\nVersion: 1.17.0\n")
        wheel.writestr("six-1.17.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("six-1.17.0.dist-info/RECORD", "six.py,,\n")
    published = (ROOT / "lambda_src/requirements.lock").read_text(encoding="utf-8")
    lock.write_text(published[published.index("six==") : published.index("standardwebhooks==")], encoding="utf-8")
    monkeypatch.setattr(bundling, "_LOCK", lock)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(mirror))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    with pytest.raises(bundling.BundleError, match="DO NOT MATCH THE HASHES"):
        build_bundle(CONFIG, build_directory=tmp_path / "build")


def test_the_asset_that_cdk_stages_keeps_the_modes(tmp_path: Path) -> None:
    """In a process of its own, for CDK's helper keeps the umask that it was started with."""
    code = tmp_path / "code"
    code.mkdir()
    for name, mode in (("module.py", 0o644), ("program", 0o755)):
        (code / name).touch()
        (code / name).chmod(mode)
    program = f"""
import os
os.umask(0o077)
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
app = cdk.App(outdir={str(tmp_path / "cdk.out")!r})
lambda_.Function(cdk.Stack(app, "Stack"), "Function", runtime=lambda_.Runtime.PYTHON_3_13, handler="module.handler",
    code=lambda_.Code.from_asset({str(code)!r}))
app.synth()
"""
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 - all of it is written here
    (asset,) = (tmp_path / "cdk.out").glob("asset.*")
    assert {path.name: f"{path.stat().st_mode & 0o777:o}" for path in asset.iterdir()} == {
        "module.py": "644",
        "program": "755",
    }


def test_bundles_of_other_days_are_dropped(bundle: Bundle) -> None:
    directory = bundle.path.parent
    old, recent = directory / "bundle-of-last-week", directory / "bundle-of-today"
    for path in (old, recent):
        path.mkdir(exist_ok=True)
    os.utime(old, (0, 0))
    build_bundle(CONFIG)
    assert not old.exists()
    assert recent.exists()
    recent.rmdir()
