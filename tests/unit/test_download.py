"""An archive from a server that is slow, breaks off, sends wrong bytes, or is not there; and on a full disk."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from requests.exceptions import ReadTimeout

from autograder import cli, course, data, download
from autograder.download import Archive, DownloadError, fetch

FOLDER = "pictures"
FILES = {name: np.random.default_rng(i).bytes(40_000) for i, name in enumerate(("first", "second"))}


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def packed(files: dict[str, bytes]) -> bytes:
    """A tar archive that also holds what must not be unpacked."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in {**files, "../escaped": b"!", "unlisted": b"!"}.items():
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


BYTES = packed(FILES)
ARCHIVE = Archive(
    "pictures.tar.gz", md5(BYTES), len(BYTES), FOLDER, {name: md5(c) for name, c in FILES.items()}, 80_000
)


class Answer(NamedTuple):
    """How the server answers one request."""

    content: bytes = BYTES
    stop_after: int | None = None  # bytes of the body, then the connection is closed
    pause: float = 0.0  # seconds between pieces of 10,000 bytes
    ranges: bool = True
    shift: int = 0  # of the range that is sent
    length: bool = True  # of the body, in the header
    status: int = 0
    kind: str = "application/gzip"


@dataclass
class Server:
    """It gives one answer after the other, and the last one again and again."""

    address: str
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Server]]:
    """Two servers on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with contextlib.ExitStack() as stack:
        yield [start(stack) for _ in range(2)]


@pytest.fixture
def server(servers: list[Server]) -> Server:
    return servers[0]


def start(stack: contextlib.ExitStack) -> Server:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.headers.get("Range", ""))
            answer = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                reply(self, answer)

        def log_message(self, *arguments: object) -> None:
            """Keep standard error empty."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    made = Server(f"http://127.0.0.1:{running.server_port}/{ARCHIVE.name}")
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    stack.callback(running.server_close)
    stack.callback(running.shutdown)
    return made


def reply(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    begin = int(asked[1]) + answer.shift if asked and answer.ranges else 0
    if begin >= len(answer.content):
        handler.send_error(416)
        return
    body = answer.content[begin:]
    handler.send_response(answer.status or (206 if asked and answer.ranges else 200))
    handler.send_header("Content-Type", answer.kind)
    if answer.length:
        handler.send_header("Content-Length", str(len(body)))
    if asked and answer.ranges:
        last = len(answer.content) - 1
        handler.send_header("Content-Range", f"bytes {begin}-{last}/{last + 1}")
    handler.end_headers()
    body = body[: answer.stop_after]
    for piece in range(0, len(body), 10_000):
        handler.wfile.write(body[piece : piece + 10_000])
        time.sleep(answer.pause)


def have(folder: Path, *servers: Server) -> None:
    fetch(ARCHIVE, [server.address for server in servers], folder, pause=0.0)


def require_whole(folder: Path) -> None:
    """The files are there, and nothing else that anybody could take for them."""
    assert {p.name: p.read_bytes() for p in (folder / FOLDER).iterdir()} == FILES
    assert {p.name for p in folder.iterdir() if not p.name.endswith(".lock")} == {FOLDER}
    assert not (folder.parent / "escaped").exists() and not (folder / "escaped").exists()


def part(folder: Path) -> Path:
    return folder / f"{ARCHIVE.name}.part"


def require_nothing_taken_for_the_archive(folder: Path) -> None:
    assert not (folder / FOLDER).exists()
    assert not (folder / ARCHIVE.name).exists()


def test_an_archive_is_downloaded_checked_and_unpacked(tmp_path: Path, server: Server) -> None:
    have(tmp_path / "new", server)
    require_whole(tmp_path / "new")
    assert server.asked == [""]


def test_what_is_there_is_not_asked_for_again(tmp_path: Path, server: Server) -> None:
    have(tmp_path, server)
    have(tmp_path, server)
    assert len(server.asked) == 1


def test_a_bar_shows_how_far_it_is_and_standard_error_stays_empty(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers = [Answer(pause=0.1)]
    have(tmp_path, server)
    seen = capsys.readouterr()
    assert "0.00/" in seen.out and "100%" in seen.out and "B/s" in seen.out
    assert len(re.findall(r"\d+%", seen.out)) > 2
    assert seen.err == ""
    require_whole(tmp_path)


def test_a_server_that_breaks_off_is_asked_for_the_rest(tmp_path: Path, server: Server) -> None:
    server.answers = [Answer(stop_after=30_000)]
    have(tmp_path, server)
    require_whole(tmp_path)
    begins = [0, *(int(asked.removeprefix("bytes=").removesuffix("-")) for asked in server.asked[1:])]
    assert begins == list(range(0, len(BYTES), 30_000))


@pytest.mark.parametrize("length", [True, False])
def test_a_server_without_ranges_may_break_off_too(tmp_path: Path, server: Server, length: bool) -> None:
    server.answers = [
        Answer(stop_after=50_000, ranges=False, length=length),
        Answer(ranges=False, length=length),
    ]
    have(tmp_path, server)
    require_whole(tmp_path)


def test_the_next_run_goes_on_where_the_last_one_ended(tmp_path: Path, server: Server) -> None:
    server.answers = [Answer(stop_after=30_000), Answer(stop_after=0)]
    with pytest.raises(
        DownloadError, match=r"broke off after 0\.0 of 0\.1 MB; 0\.0 MB are kept, and the next run"
    ):
        have(tmp_path, server)
    require_nothing_taken_for_the_archive(tmp_path)
    assert part(tmp_path).read_bytes() == BYTES[:30_000]
    server.answers, server.asked = [Answer()], []
    have(tmp_path, server)
    require_whole(tmp_path)
    assert server.asked == ["bytes=30000-"]


def test_what_one_server_began_another_one_ends(tmp_path: Path, servers: list[Server]) -> None:
    servers[0].answers = [Answer(stop_after=30_000), Answer(stop_after=0)]
    have(tmp_path, *servers)
    require_whole(tmp_path)
    assert servers[1].asked == ["bytes=30000-"]


def test_wrong_bytes_are_thrown_away_and_the_next_server_is_asked(
    tmp_path: Path, servers: list[Server], capsys: pytest.CaptureFixture[str]
) -> None:
    servers[0].answers = [Answer(content=BYTES[:-1] + b"?")]
    have(tmp_path, *servers)
    require_whole(tmp_path)
    assert "sent wrong bytes" in capsys.readouterr().out
    assert servers[1].asked == [""]


def test_wrong_bytes_alone_are_no_archive(tmp_path: Path, server: Server) -> None:
    server.answers = [Answer(content=BYTES[:-1] + b"?")]
    with pytest.raises(DownloadError, match=r"sent wrong bytes \(MD5 [0-9a-f]{32}, not .*thrown away\.$"):
        have(tmp_path, server)
    require_nothing_taken_for_the_archive(tmp_path)
    assert not part(tmp_path).exists()


def test_wrong_bytes_of_an_earlier_run_do_not_spoil_a_good_server(tmp_path: Path, server: Server) -> None:
    part(tmp_path).write_bytes(b"?" * 30_000)
    have(tmp_path, server)
    require_whole(tmp_path)
    assert server.asked == ["bytes=30000-", ""]


def test_a_part_that_is_too_long_is_thrown_away(tmp_path: Path, server: Server) -> None:
    part(tmp_path).write_bytes(BYTES + b"?")
    have(tmp_path, server)
    require_whole(tmp_path)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=404), r"answers 404 Not Found"),
        (Answer(status=500), r"answers 500 Internal Server Error"),
        (Answer(content=BYTES[:-9]), r"has another file, of \d[\d,]+ bytes and not \d"),
        (Answer(content=BYTES + b"?", length=False), r"sent more than the \d[\d,]+ bytes of the archive"),
        (Answer(content=b"<p>Log in", kind="text/html; charset=utf-8"), r"a web page in place of the file"),
        (Answer(stop_after=0), r"broke off after 0\.0 of 0\.1 MB"),
    ],
    ids=lambda value: None if isinstance(value, str) else "answer",
)
def test_each_failure_of_a_server_has_a_sentence(
    tmp_path: Path, server: Server, answer: Answer, words: str
) -> None:
    server.answers = [answer]
    with pytest.raises(DownloadError, match=words) as raised:
        have(tmp_path, server)
    assert str(raised.value).startswith(f"{ARCHIVE.name} cannot be downloaded: {server.address} ")
    assert "\n" not in str(raised.value)
    require_nothing_taken_for_the_archive(tmp_path)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(content=BYTES[:20_000]), "has another file, of less than 30,000 bytes"),
        (Answer(shift=1), "another part of the file"),
    ],
    ids=["shorter", "shifted"],
)
def test_a_server_that_cannot_go_on_leaves_what_there_is(
    tmp_path: Path, server: Server, answer: Answer, words: str
) -> None:
    part(tmp_path).write_bytes(BYTES[:30_000])
    server.answers = [answer]
    with pytest.raises(DownloadError, match=words):
        have(tmp_path, server)
    assert part(tmp_path).read_bytes() == BYTES[:30_000]


def test_a_server_may_begin_a_little_earlier_than_it_was_asked_to(tmp_path: Path, server: Server) -> None:
    part(tmp_path).write_bytes(BYTES[:30_000])
    server.answers = [Answer(shift=-500)]
    have(tmp_path, server)
    require_whole(tmp_path)


def test_no_server_and_no_network_have_a_sentence(tmp_path: Path, server: Server) -> None:
    closed = Server("http://127.0.0.1:9/x")
    elsewhere = Server("ftp://127.0.0.1/x")
    with pytest.raises(DownloadError) as raised:
        have(tmp_path, closed, elsewhere)
    assert "http://127.0.0.1:9/x cannot be reached (no network, or no such server)" in str(raised.value)
    assert "ftp://127.0.0.1/x is no address that begins with http" in str(raised.value)
    have(tmp_path, closed, elsewhere, server)
    require_whole(tmp_path)


def test_a_server_that_falls_silent_is_given_up(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "SILENCE_SECONDS", 0.1)
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    server.answers = [Answer(pause=5.0), Answer(stop_after=1, pause=5.0)]
    with pytest.raises(DownloadError, match="sent nothing for 0 s"):
        have(tmp_path, server)
    assert part(tmp_path).stat().st_size == download.CHUNK, "what has come is kept, in whole pieces"
    assert issubclass(ReadTimeout, OSError), "so it must not be taken for a full disk"


def test_a_password_in_an_address_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DownloadError) as raised:
        have(tmp_path, Server("http://anna:secret@127.0.0.1:9/x?token=secret"))
    assert "secret" not in str(raised.value) + capsys.readouterr().out


def test_a_disk_that_fills_up_has_a_sentence(tmp_path: Path, server: Server) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full")
    part(tmp_path).symlink_to("/dev/full")
    with pytest.raises(DownloadError, match=r"The disk that holds .* is full: .* need 0 MB"):
        have(tmp_path, server)
    require_nothing_taken_for_the_archive(tmp_path)


def test_a_disk_that_is_too_small_is_named_before_anything_is_downloaded(
    tmp_path: Path, server: Server
) -> None:
    huge = Archive(**{**vars(ARCHIVE), "unpacked": 10**18})
    with pytest.raises(DownloadError, match=r"is full: .* need 1000000000000 MB"):
        fetch(huge, [server.address], tmp_path)
    assert server.asked == []


def test_a_folder_that_cannot_be_made_has_a_sentence(tmp_path: Path, server: Server) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match=r"cannot be written .*choose a folder of your own"):
        have(tmp_path / "file", server)


def test_a_second_process_waits_for_the_first(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers = [Answer(pause=0.05)]
    both = [threading.Thread(target=have, args=(tmp_path, server)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    require_whole(tmp_path)
    assert len(server.asked) == 1
    assert "waiting for it" in capsys.readouterr().out


class TestCIFAR10:
    """What is said about CIFAR-10 itself."""

    @pytest.fixture(autouse=True)
    def without_data(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        data.load.cache_clear()
        monkeypatch.delenv(data.ROOT_VARIABLE, raising=False)
        monkeypatch.setattr(download, "PAUSE_SECONDS", 0.0)
        monkeypatch.chdir(tmp_path)

    def test_an_address_given_now_comes_before_that_of_the_environment_and_of_the_course(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(data.MIRROR_VARIABLE, "http://b http://c")
        monkeypatch.setattr(course, "MIRRORS", ("http://d/",))
        assert data.addresses("http://a") == ("http://a", "http://b", "http://c", "http://d/", data.OFFICIAL)
        assert data.archive().address("http://d/") == "http://d/cifar-10-python.tar.gz"

    def test_the_command_downloads_from_a_mirror_and_says_what_came(
        self,
        server: Server,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(data, "archive", lambda: ARCHIVE)
        monkeypatch.setattr(data, "FOLDER", FOLDER)
        monkeypatch.setattr(data, "statistics", lambda: ((0.5,), (0.25,)))
        monkeypatch.setattr(data, "load", lambda train: [0] * 7)
        assert cli.main(["data", "--mirror", server.address]) == 0
        require_whole(tmp_path / "datasets")
        assert f"CIFAR-10 in {tmp_path / 'datasets'}: 7 training images" in capsys.readouterr().out

    def test_without_data_and_network_one_sentence_says_what_to_do(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(data, "OFFICIAL", "http://127.0.0.1:9/x")
        monkeypatch.setattr(course, "MIRRORS", ())
        assert cli.main(["data"]) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "cannot be reached" in said and data.ROOT_VARIABLE in said and data.FOLDER in said

    def test_a_download_that_is_stopped_says_how_to_go_on(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def stop(mirror: str) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(data, "download", stop)
        assert cli.main(["data"]) == 1
        assert "`autograder data` goes on from there" in capsys.readouterr().err
