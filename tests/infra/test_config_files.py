"""Which file is deployed, and that an address added to one takes nothing else away."""

import codecs
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.config_files import DEFAULT, LOCAL, add_recipient, copy_default, deployed_file
from infra.deployment_config import DeploymentConfig
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.severity import Severity
from tests.infra.conftest import ROOT

NEW = "new@example.com"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def test_a_checkouts_own_file_is_deployed_if_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    assert deployed_file(tmp_path) == DEFAULT
    (tmp_path / LOCAL).touch()
    assert deployed_file(tmp_path) == LOCAL


def test_a_link_that_leads_nowhere_is_a_checkouts_own_file_and_not_silently_another(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / LOCAL).symlink_to("gone.toml")

    assert deployed_file(tmp_path) == LOCAL


@pytest.mark.parametrize(
    "text",
    [
        "",
        'name = "mine"\n',
        "[alerts]\ndigest_over = 3\n",
        "[ops]\nemail = []\n",
        '[alerts]\nemail = ["old@example.com"]   # the night shift\n\n[ops]\nemail = ["old@example.com"]\n',
        '[alerts]\nemail = [\n  "old@example.com",   # first\n  { to = "b@example.com", min_severity = "info" },\n]\n',
        'alerts.email = ["old@example.com"]\nops.email = []\n',
        'alerts = { email = ["old@example.com"] }\n',
        f'[alerts]\nemail = [{{ to = "{NEW}", min_severity = "info" }}]\n',
        "[alerts]\r\nemail = []\r\n",
        '[alerts]\n[[alerts.rules]]\nwhen = "*->PAUSED"\nseverity = "none"\n\n[ops]\n',
    ],
)
def test_an_address_is_added_beside_whoever_is_there(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="")
    before = DeploymentConfig.from_file(file)

    assert add_recipient(file, NEW)
    assert DeploymentConfig.from_file(file) == before.with_recipient(NEW)

    written = file.read_bytes()
    assert (b"\r\n" in written) == ("\r\n" in text)
    assert not add_recipient(file, NEW)
    assert file.read_bytes() == written


@pytest.mark.parametrize("name", ["default", "example", "demo"])
def test_every_comment_of_a_file_stays(file: Path, name: str) -> None:
    original = (ROOT / f"config/{name}.toml").read_text(encoding="utf-8")
    file.write_text(original, encoding="utf-8")
    add_recipient(file, NEW)

    after = file.read_text(encoding="utf-8")
    lost = [line for line in original.splitlines() if "#" in line and line[line.index("#") :] not in after]
    assert lost == []
    assert DeploymentConfig.from_file(file).default.email[-1].address == NEW


def test_a_byte_order_mark_is_accepted_and_kept(file: Path) -> None:
    """As some editors of Windows write it."""
    file.write_bytes(codecs.BOM_UTF8 + b'name = "mine"\n')

    assert add_recipient(file, NEW)

    assert file.read_bytes().startswith(codecs.BOM_UTF8 + b'name = "mine"\n')
    assert DeploymentConfig.from_file(file) == DeploymentConfig(name="mine").with_recipient(NEW)


def test_an_address_keeps_the_severity_it_has(file: Path) -> None:
    file.write_text(f'[alerts]\nemail = [{{ to = "{NEW}", min_severity = "info" }}]\n', encoding="utf-8")
    add_recipient(file, NEW)
    (reader,) = DeploymentConfig.from_file(file).default.email
    assert reader.min_severity is Severity.INFO


@pytest.mark.parametrize("text", ["", "[alerts]\nemail = []\n"])
def test_what_is_no_address_is_refused_and_the_file_left_alone(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="expected an e-mail address"):
        add_recipient(file, "you")
    assert file.read_text(encoding="utf-8") == text


def test_a_file_with_a_mistake_is_left_alone(file: Path) -> None:
    file.write_text('evrey = "1m"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="evrey is not a known key"):
        add_recipient(file, NEW)
    assert file.read_text(encoding="utf-8") == 'evrey = "1m"\n'


@contextmanager
def full_disk() -> Iterator[None]:
    """No byte can be written to a file. Whoever runs this may be root, whom no mode of a file keeps out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def written(file: Path) -> Path:
    file.write_text("[alerts]\nemail = []\n", encoding="utf-8")
    return file


def test_a_file_that_cannot_be_written_is_named_and_left_as_it_is(written: Path) -> None:
    with full_disk(), pytest.raises(ConfigurationError) as refused:
        add_recipient(written, NEW)

    assert str(refused.value) == (
        f"{written} cannot be written: File too large. Mend that, or name another file with CONFIG=PATH."
    )
    assert written.read_text(encoding="utf-8") == "[alerts]\nemail = []\n"
    assert list(written.parent.iterdir()) == [written]


def test_a_copy_that_cannot_be_made_leaves_no_part_of_one(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / DEFAULT).symlink_to(ROOT / DEFAULT)

    with full_disk(), pytest.raises(ConfigurationError, match=r"config/local\.toml cannot be written"):
        copy_default(tmp_path)

    assert not os.path.lexists(tmp_path / LOCAL)


def test_what_an_address_is_added_to_keeps_its_mode_and_what_links_to_it(written: Path, tmp_path: Path) -> None:
    written.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(written)

    assert add_recipient(link, NEW)

    assert link.is_symlink()
    assert written.stat().st_mode & 0o777 == 0o640
    assert DeploymentConfig.from_file(written).ops_email == (NEW,)
