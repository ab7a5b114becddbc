"""How `./dev` gets its pip: from the index that pip would use here, and only the wheel whose hash it knows."""

import hashlib
import importlib.util
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTENT = b"not really a wheel"


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, on a machine where pip has not been set up, expecting CONTENT."""
    loader = SourceFileLoader("dev_script", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev_script", loader)
    assert spec is not None
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_PROXY", "PIP_CERT", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(module, "PIP_SHA256", hashlib.sha256(CONTENT).hexdigest())
    return module


class Index(ThreadingHTTPServer):
    """A package index on loopback: what it answers on its page of pip, and what was asked with which key."""

    kind = "application/vnd.pypi.simple.v1+json"
    page = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked: list[tuple[str, str | None]] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    """Answers as a simple index does."""

    server: Index

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        is_page = self.path == "/simple/pip/"
        self.send_response(200)
        self.send_header("Content-Type", self.server.kind if is_page else "application/octet-stream")
        self.end_headers()
        self.wfile.write(self.server.page if is_page else CONTENT)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def index() -> Iterator[Index]:
    """An index that is closed afterwards."""
    with Index() as server:
        wheel = "pip-26.3-py3-none-any.whl"
        server.page = json.dumps({"files": [{"url": f"../../files/{wheel}"}, {"url": "../../pip-1.tar.gz"}]}).encode()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_index_of_the_environment_is_asked(
    dev: ModuleType, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PIP_INDEX_URL does for pip."""
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{index.address}/simple/")

    wheel = dev.fetch_pip(tmp_path)

    assert wheel.read_bytes() == CONTENT
    assert [path for path, _ in index.asked] == ["/simple/pip/", "/files/pip-26.3-py3-none-any.whl"]


def test_the_index_of_pip_s_own_file_is_asked(
    dev: ModuleType, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine set up for pip is set up for this."""
    file = tmp_path / "pip.conf"
    file.write_text(f"[global]\nindex-url = http://{index.address}/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))

    assert dev.fetch_pip(tmp_path).read_bytes() == CONTENT


def test_an_index_with_pages_for_people_is_read_too(
    dev: ModuleType, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mirrors often have HTML only."""
    index.kind = "text/html"
    index.page = b'<a href="/files/pip-26.3-py3-none-any.whl#sha256=00">pip</a>'
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{index.address}/simple")

    assert dev.fetch_pip(tmp_path).read_bytes() == CONTENT


def test_credentials_in_the_address_are_sent_as_such(
    dev: ModuleType, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as part of a host name, which no index would know."""
    monkeypatch.setenv("PIP_INDEX_URL", f"http://reader:pass%20word@{index.address}/simple")

    dev.fetch_pip(tmp_path)

    assert {key for _, key in index.asked} == {"Basic cmVhZGVyOnBhc3Mgd29yZA=="}


def test_another_wheel_under_that_name_is_refused(
    dev: ModuleType, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash in the script decides, not the one that the index offers."""
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{index.address}/simple")
    monkeypatch.setattr(dev, "PIP_SHA256", "00" * 32)

    with pytest.raises(dev.CannotGoOn, match="not the one expected"):
        dev.fetch_pip(tmp_path)
    assert list(tmp_path.glob("*.whl")) == []


def test_an_index_that_cannot_be_reached_is_explained(
    dev: ModuleType, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to set when this machine has an index or certificates of its own."""
    index.page = b'{"files": []}'
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{index.address}/simple")

    with pytest.raises(dev.CannotGoOn, match=r"it has no pip-26\.3.*\n.*PIP_CERT.*PIP_INDEX_URL"):
        dev.fetch_pip(tmp_path)


def test_a_half_made_environment_is_taken_away(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever interrupts the installation, the next one starts from nothing."""
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")

    def interrupted(name: str) -> None:
        (tmp_path / ".venv").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(dev, "fill", interrupted)

    with pytest.raises(KeyboardInterrupt):
        dev.install("run")
    assert not (tmp_path / ".venv").exists()


def test_an_environment_that_was_never_finished_is_not_used(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill that nothing can catch leaves no stamp, and a changed lock another one."""
    monkeypatch.setattr(dev, "VENV", tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch(mode=0o755)

    assert not dev.installed("run")
    (tmp_path / "installed-run").write_text(dev.stamp_of("run"))
    assert dev.installed("run")
    (tmp_path / "installed-run").write_text(dev.stamp_of("test"))
    assert not dev.installed("run")


def test_system_packages_show_how_far_they_are(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A line for each list and each step of each package, and nothing else of what apt-get says."""
    apt = tmp_path / "apt-get"
    apt.write_text(
        "#!/bin/sh\ncat <<'said'\n"
        "Hit:1 http://deb.example/debian bookworm InRelease\n"
        "Get:2 http://deb.example/debian bookworm/main amd64 Packages [8,792 kB]\n"
        "Reading package lists...\n"
        "Get:1 http://deb.example/debian bookworm/main amd64 libsodium23 amd64 1.0.18-1 [161 kB]\n"
        "(Reading database ... 6648 files and directories currently installed.)\n"
        "Unpacking libsodium23:amd64 (1.0.18-1) ...\n"
        "Setting up libsodium23:amd64 (1.0.18-1) ...\n"
        "said\nexit 7\n"
    )
    apt.chmod(0o755)

    code = dev.run_apt([str(apt), "install"])

    said = capfd.readouterr()
    assert code == 7
    assert said.out == ""
    assert said.err.splitlines() == [
        "  fetching bookworm InRelease",
        "  fetching bookworm/main amd64",
        "  fetching libsodium23",
        "  unpacking libsodium23:amd64",
        "  setting up libsodium23:amd64",
    ]


def test_missing_system_packages_are_named(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing may be installed, the message says what to type on Debian and on macOS."""
    missing = (("libsodium", lambda: False, "libsodium23", "libsodium", ("demo",)),)
    monkeypatch.setattr(dev, "SYSTEM_PACKAGES", missing)
    monkeypatch.setattr(dev, "as_root", lambda: None)

    dev.need_system_packages("lint")
    with pytest.raises(dev.CannotGoOn) as told:
        dev.need_system_packages("demo")
    assert "apt-get install libsodium23" in str(told.value)
    assert "brew install libsodium" in str(told.value)
