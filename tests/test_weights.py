"""Weights are fetched once, checked, gone on with after an interruption, and read without running anything."""

import hashlib
import http.client
import json
import os
import pickle
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from safetensors.torch import save_file

from kinemacolor.errors import LicenseNotAcceptedError, WeightsError
from kinemacolor.weights import WeightsFile, cache_folder, download, fetch, locate
from kinemacolor.weights.tensors import check_names, read_tensors

BODY = np.random.default_rng(0).bytes(3_000_000)
SHA256 = hashlib.sha256(BODY).hexdigest()


class Server(ThreadingHTTPServer):
    """A publisher: gives ``body``, knows Range, and can fail in the ways that publishers do."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body = BODY
        self.kind = "application/octet-stream"
        self.cuts: list[int] = []
        self.statuses: list[int] = []
        self.tag = '"first"'
        self.ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/net.pth"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        wanted = self.headers.get("Range")
        server.ranges.append(wanted)
        if server.statuses:
            self.send_error(server.statuses.pop(0))
            return
        if wanted and self.headers.get("If-Range", server.tag) != server.tag:
            wanted = None
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(server.body):
            self.send_error(416)
            return
        body = server.body[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Type", server.kind)
        self.send_header("Content-Length", str(len(body)))
        if server.tag:
            self.send_header("ETag", server.tag)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(server.body) - 1}/{len(server.body)}")
        self.end_headers()
        self.wfile.write(body[: server.cuts.pop(0)] if server.cuts else body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KINEMACOLOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "_PAUSES_SECONDS", (0, 0, 0))
    return tmp_path / "cache"


def card(server: Server, **changes: object) -> WeightsFile:
    facts = {
        "name": "net.pth",
        "url": server.url,
        "size_bytes": len(BODY),
        "sha256": SHA256,
        "license": "CC BY-NC-SA 4.0",
        "license_url": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    }
    return WeightsFile(**{**facts, **changes})  # type: ignore[arg-type]


def test_a_file_is_fetched_once_and_then_found(server: Server, cache: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    lines: list[str] = []
    file = card(server)
    assert locate(file) is None
    path = fetch(file, accept_license=True, progress=lambda *step: steps.append(step), show=lines.append)
    assert path == cache / "net.pth" == locate(file)
    assert path.read_bytes() == BODY
    assert steps[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert not list(cache.glob("*.part*"))
    assert "CC BY-NC-SA 4.0" in lines[0]
    assert "https://creativecommons.org" in lines[0]


def test_case_50_offline_a_file_that_is_there_needs_neither_network_nor_assent(server: Server) -> None:
    file = card(server)
    fetch(file, accept_license=True)
    assert fetch(card(server, url="http://127.0.0.1:9/net.pth"), accept_license=False) == locate(file)
    assert len(server.ranges) == 1


def test_the_license_comes_before_the_first_byte(server: Server, cache: Path) -> None:
    with pytest.raises(LicenseNotAcceptedError, match=r"CC BY-NC-SA 4\.0.*--accept-license"):
        fetch(card(server), accept_license=False)
    assert server.ranges == []
    assert not cache.exists()


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_case_50_an_interrupted_fetch_goes_on_where_it_stopped(
    server: Server, cache: Path, sha256: str | None
) -> None:
    server.cuts = [1_000_000, 500_000, 0]
    file = card(server, sha256=sha256)
    with pytest.raises(WeightsError, match="1500000 of 3000000 bytes"):
        fetch(file, accept_license=True)
    assert (cache / "net.pth.part").stat().st_size == 1_500_000
    assert fetch(file, accept_license=True).read_bytes() == BODY
    assert server.ranges == [None, "bytes=1000000-", "bytes=1500000-", "bytes=1500000-"]


def test_case_50_a_file_that_changed_meanwhile_is_fetched_anew(server: Server, cache: Path) -> None:
    server.cuts = [1_000_000, 0, 0]
    file = card(server, sha256=None)
    with pytest.raises(WeightsError):
        fetch(file, accept_license=True)
    server.body, server.tag = BODY[::-1], '"second"'
    assert fetch(file, accept_license=True).read_bytes() == BODY[::-1]


def test_case_50_without_hash_or_tag_nothing_is_gone_on_with(server: Server) -> None:
    server.cuts, server.tag = [1_000_000], ""
    assert fetch(card(server, sha256=None), accept_license=True).read_bytes() == BODY
    assert server.ranges == [None, None]


def test_a_part_that_is_too_long_is_begun_anew(server: Server, cache: Path) -> None:
    cache.mkdir()
    (cache / "net.pth.part").write_bytes(bytes(len(BODY) + 5))
    assert fetch(card(server, size_bytes=None), accept_license=True).read_bytes() == BODY


def test_a_busy_server_is_asked_again(server: Server) -> None:
    server.statuses = [503, 429]
    assert fetch(card(server), accept_license=True).read_bytes() == BODY


def test_a_missing_page_is_not_asked_for_again(server: Server, cache: Path) -> None:
    server.statuses = [404]
    with pytest.raises(WeightsError, match="not there any more, HTTP 404") as error:
        fetch(card(server), accept_license=True)
    assert len(server.ranges) == 1
    assert server.url in str(error.value)
    assert str(cache / "net.pth") in str(error.value)


def test_offline_says_what_to_put_where(cache: Path, server: Server) -> None:
    with pytest.raises(WeightsError, match=r"http://127\.0\.0\.1:9/net\.pth") as error:
        fetch(card(server, url="http://127.0.0.1:9/net.pth"), accept_license=True)
    assert str(cache / "net.pth") in str(error.value)
    assert "--weights PATH" in str(error.value)


def test_case_50_a_wrong_hash_is_refused_and_removed(server: Server, cache: Path) -> None:
    with pytest.raises(WeightsError, match=f"SHA-256 {SHA256} instead of {'0' * 64}"):
        fetch(card(server, sha256="0" * 64), accept_license=True)
    assert not (cache / "net.pth").exists()
    assert not list(cache.glob("*.part*"))


def test_case_50_a_truncated_file_is_refused(server: Server, cache: Path) -> None:
    server.cuts = [2_000_000, 0, 0]
    with pytest.raises(WeightsError, match="2000000 of 3000000 bytes"):
        fetch(card(server), accept_license=True)
    assert not (cache / "net.pth").exists()
    server.body = BODY[:2_500_000]
    with pytest.raises(WeightsError, match="offers 2500000 bytes"):
        fetch(card(server), accept_license=True)


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
def test_case_50_a_web_page_is_refused(server: Server, cache: Path, kind: str) -> None:
    server.body, server.kind = b"\n<!DOCTYPE html><title>Please log in</title>", kind
    with pytest.raises(WeightsError, match="web page"):
        fetch(card(server, size_bytes=None, sha256=None), accept_license=True)
    assert not (cache / "net.pth").exists()
    assert not list(cache.glob("*.part*"))


def test_where_the_publisher_gives_no_hash_the_first_use_records_it(server: Server, cache: Path) -> None:
    file = card(server, sha256=None, size_bytes=None)
    path = fetch(file, accept_license=True)
    record = json.loads((cache / "net.pth.json").read_text())
    assert record["sha256"] == SHA256
    assert record["url"] == server.url
    path.write_bytes(BODY[::-1])
    with pytest.raises(WeightsError, match=r"when it was first used \(net\.pth\.json\)"):
        fetch(file, accept_license=True)


def test_case_50_an_empty_answer_is_refused_and_locks_nothing_out(server: Server, cache: Path) -> None:
    file = card(server, sha256=None, size_bytes=None)
    server.body, server.tag = b"", ""
    with pytest.raises(WeightsError, match=r"empty|could not be fetched"):
        fetch(file, accept_license=True)
    assert not (cache / "net.pth").exists()
    server.body = BODY
    assert fetch(file, accept_license=True).read_bytes() == BODY


@pytest.mark.parametrize("first", [b"noise", BODY[:-1], b"x" * 4000])
def test_case_50_what_the_user_deleted_does_not_lock_out_what_is_fetched_then(
    server: Server, cache: Path, first: bytes
) -> None:
    file, said = card(server, sha256=None, size_bytes=None), list[str]()
    server.body, server.tag = first, '"wrong"'
    fetch(file, accept_license=True).unlink()
    server.body, server.tag = BODY, '"right"'
    assert fetch(file, accept_license=True, show=said.append).read_bytes() == BODY
    assert any("another file" in line for line in said)
    assert fetch(file, accept_license=True).read_bytes() == BODY


@pytest.mark.parametrize(
    ("old", "new", "safe"),
    [
        ("https://a.org/x", "http://a.org/x", False),
        ("https://a.org/x", "ftp://a.org/x", False),
        ("http://a.org/x", "file:///etc/passwd", False),
        ("https://a.org/x", "https://b.org/x", True),
        ("http://127.0.0.1/x", "http://127.0.0.1/y", True),
    ],
)
def test_case_50_no_redirect_leads_away_from_https(old: str, new: str, safe: bool) -> None:
    request = urllib.request.Request(old)
    if safe:
        redirected = download._Redirects().redirect_request(request, None, 302, "Found", {}, new)
        assert redirected.full_url == new
    else:
        with pytest.raises(WeightsError, match="not https"):
            download._Redirects().redirect_request(request, None, 302, "Found", {}, new)


def test_case_50_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setattr(download, "_LARGEST_BYTES", 2_000_000)
    with pytest.raises(WeightsError, match="no weights are so large"):
        fetch(card(server), accept_license=True)
    monkeypatch.undo()
    download._check_pace(10**6, 70_000, 61.0)
    with pytest.raises(download._InterruptedFetchError, match="only"):
        download._check_pace(10**6, 120, 61.0)


@pytest.mark.parametrize("name", ["net.pth.part", "net.pth.part.validator", "net.pth.json"])
def test_case_50_a_fetch_follows_no_link_in_a_shared_cache(
    server: Server, cache: Path, tmp_path: Path, name: str
) -> None:
    cache.mkdir()
    (tmp_path / "mine.txt").write_text("mine")
    (cache / name).symlink_to(tmp_path / "mine.txt")
    fetch(card(server), accept_license=True)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_file_put_there_by_hand_is_checked_and_recorded(server: Server, cache: Path) -> None:
    cache.mkdir()
    (cache / "net.pth").write_bytes(BODY)
    fetch(card(server, sha256=None), accept_license=False)
    assert json.loads((cache / "net.pth.json").read_text())["sha256"] == SHA256
    (cache / "net.pth").write_bytes(BODY[:-1])
    assert locate(card(server)) is None
    with pytest.raises(WeightsError, match=f"{len(BODY) - 1} bytes instead of {len(BODY)}"):
        fetch(card(server), accept_license=False)


def test_two_that_want_one_file_fetch_it_once(server: Server, cache: Path) -> None:
    cache.mkdir()
    lines: list[str] = []
    file = card(server)
    other = FileLock(cache / "net.pth.lock")
    other.acquire()
    waiting = threading.Thread(target=fetch, args=(file,), kwargs={"accept_license": True, "show": lines.append})
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    (cache / "net.pth").write_bytes(BODY)  # as the other process would
    other.release()
    waiting.join(10)
    assert not waiting.is_alive()
    assert server.ranges == []
    assert "Another process" in lines[0]


def test_a_cache_that_cannot_be_made_is_explained(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("KINEMACOLOR_CACHE", str(tmp_path / "file" / "cache"))
    assert locate(card(server)) is None
    with pytest.raises(WeightsError, match="KINEMACOLOR_CACHE"):
        fetch(card(server), accept_license=True)


def test_case_45_without_a_home_folder_the_cache_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KINEMACOLOR_CACHE")
    monkeypatch.setattr(download.platformdirs, "user_cache_dir", lambda *_, **__: "~/.cache/kinemacolor")
    with pytest.raises(WeightsError, match="Set KINEMACOLOR_CACHE"):
        cache_folder()


@pytest.fixture
def tensors() -> dict[str, torch.Tensor]:
    return {"a.weight": torch.randn(3, 4), "a.bias": torch.randn(3), "steps": torch.tensor(7)}


def _equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_tensors_come_back_from_every_format(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    torch.save(tensors, tmp_path / "a.pth")
    torch.save(tensors, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    torch.save({"state_dict": tensors}, tmp_path / "nested.ckpt")
    save_file(tensors, tmp_path / "a.safetensors")
    for name in ("a.pth", "old.pth", "nested.ckpt", "a.safetensors"):
        assert _equal(read_tensors(tmp_path / name), tensors)


class _Malice:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")  # torch's own word on the malicious file
@pytest.mark.parametrize("form", ["zip", "old", "bare"])
def test_case_50_a_malicious_pickle_is_refused_and_nothing_runs(
    tmp_path: Path, tensors: dict[str, torch.Tensor], form: str
) -> None:
    mark, path = tmp_path / "executed", tmp_path / "net.pth"
    content = {**tensors, "evil": _Malice(mark)}
    if form == "bare":
        path.write_bytes(pickle.dumps(_Malice(mark)))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(WeightsError, match=r"net\.pth .*nothing in it was run"):
        read_tensors(path)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
@pytest.mark.parametrize("damage", ["truncated", "html", "empty", "noise"])
def test_case_50_a_bad_file_is_named(
    tmp_path: Path, tensors: dict[str, torch.Tensor], name: str, damage: str
) -> None:
    path = tmp_path / name
    if damage == "truncated":
        torch.save(tensors, path) if name.endswith("pth") else save_file(tensors, path)
        path.write_bytes(path.read_bytes()[:-60])
    else:
        path.write_bytes({"html": b"<html>login</html>", "empty": b"", "noise": BODY[:5000]}[damage])
    with pytest.raises(WeightsError, match=name):
        read_tensors(path)


def test_a_file_without_named_tensors_is_explained(tmp_path: Path) -> None:
    torch.save([torch.zeros(2)], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="holds a list"):
        read_tensors(tmp_path / "list.pth")
    torch.save({"a": torch.zeros(2), "epoch": 3}, tmp_path / "mixed.pth")
    with pytest.raises(WeightsError, match="epoch"):
        read_tensors(tmp_path / "mixed.pth")
    with pytest.raises(WeightsError, match="does not exist"):
        read_tensors(tmp_path / "nowhere.pth")


def test_missing_extra_and_misshapen_tensors_are_listed() -> None:
    expected = {f"layer{i}.weight": torch.zeros(2, 3) for i in range(9)} | {"bias": torch.zeros(4)}
    check_names(expected, expected, "net.pth")
    found = {"bias": torch.zeros(5), "head": torch.zeros(1), "layer8.weight": torch.zeros(2, 3)}
    with pytest.raises(WeightsError) as error:
        check_names(found, expected, "net.pth")
    message = str(error.value)
    assert "of 10 tensors" in message
    assert "8 missing (layer0.weight, layer1.weight" in message
    assert "and 3 more)" in message
    assert "1 extra (head)" in message
    assert "bias 5 instead of 4" in message


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (urllib.error.URLError(socket.gaierror(-2, "Name or service not known")), "is this machine connected"),
        (urllib.error.URLError(ssl.SSLCertVerificationError(1, "[SSL: X] certificate")), "is there a proxy"),
        (urllib.error.URLError(ConnectionRefusedError(111, "Connection refused")), "the connection was refused"),
        (TimeoutError("The read operation timed out"), "no answer came in time"),
        (ConnectionResetError(104, "Connection reset by peer"), "the connection broke off"),
        (http.client.IncompleteRead(b""), "the answer broke off"),
    ],
)
def test_what_the_network_says_is_said_in_words(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setenv("KINEMACOLOR_CACHE", str(tmp_path))
    monkeypatch.setattr(download, "_PAUSES_SECONDS", (0,))
    monkeypatch.setattr(download, "_continue", fails)
    file = download.WeightsFile("a.pth", "https://example.org/a.pth", None, None, "MIT", "https://example.org")
    with pytest.raises(WeightsError, match=words):
        download.fetch(file, accept_license=True, show=lambda line: None)
