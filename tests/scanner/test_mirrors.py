"""Mirrors: a real git over TLS on this machine, and everything that is refused."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from scanner.engine import git
from scanner.remote_urls import UrlRefused, check_url, may_reach
from scanner.remotes import Limits, Remote, RemoteError
from tests.git_server import GitServer, git_server
from tests.hostile.urls import URLS
from tests.scanner.origin import SMALL, Origin

pytestmark = pytest.mark.slow

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    with git_server(tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture
def served(server: GitServer, tmp_path: Path) -> Origin:
    """A repository that the server serves under its folder's name."""
    made = Origin(server.root / f"{tmp_path.name}.git")
    made.commit(SMALL, "First commit")
    return made


@pytest.fixture
def mirrors(settings, server: GitServer, tmp_path: Path):
    settings.TRUTHLINE_ALLOWED_NETWORKS = LOOPBACK
    settings.TRUTHLINE_GIT_CA = server.ca_file
    settings.TRUTHLINE_DATA = tmp_path / "data"
    settings.TRUTHLINE_LOCAL_PATHS = [Path("/")]
    from scanner import mirrors

    return mirrors


def tracked(url: str, ref: str = "refs/heads/main"):
    from scanner.models import Repository

    return Repository(url=url, ref=ref)


def at_path(path: Path, ref: str = "refs/heads/main"):
    from scanner.models import Repository

    return Repository(path=str(path), ref=ref)


def remote(server: GitServer, name: str, **limits: float) -> Remote:
    address = check_url(server.url(name), LOOPBACK)
    return Remote(address, ca_file=server.ca_file, limits=Limits(**limits))  # type: ignore[arg-type]


# URLs and addresses -------------------------------------------------------------------------------------------------


def test_the_table_is_long() -> None:
    assert len(set(URLS)) >= 100


@pytest.mark.parametrize("url", URLS)
def test_hostile_urls(url: str, mirrors) -> None:
    with pytest.raises(UrlRefused) as caught:
        check_url(url)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", URLS)
def test_hostile_urls_by_the_form(url: str, mirrors, settings) -> None:
    settings.TRUTHLINE_ALLOWED_NETWORKS = []
    with pytest.raises(git.GitError) as caught:
        mirrors.inspect(url, "")
    assert str(caught.value).isprintable()
    assert not (settings.TRUTHLINE_DATA / "mirrors").exists()


@pytest.mark.parametrize("literal", ["1.1.1.1", "2606:4700::1111", "8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"])
def test_public_addresses(literal: str) -> None:
    assert may_reach(ip_address(literal))


def test_an_opened_network_opens_itself_alone() -> None:
    opened = [ip_network("10.1.0.0/16")]
    assert may_reach(ip_address("10.1.2.3"), opened)
    assert may_reach(ip_address("::ffff:10.1.2.3"), opened)
    assert not may_reach(ip_address("10.2.0.1"), opened)
    assert not may_reach(ip_address("127.0.0.1"), opened)


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://127.0.0.1/a/b.git", "https://127.0.0.1/a/b.git"),
        ("HTTPS://LocalHost:443/a/", "https://localhost/a"),
        ("https://localhost:8443/~a/b", "https://localhost:8443/~a/b"),
        ("https://[::1]:8443/a", "https://[::1]:8443/a"),
        ("https://[0:0::1]/a", "https://[::1]/a"),
    ],
)
def test_urls_are_written_one_way(url: str, plain: str) -> None:
    assert check_url(url, LOOPBACK).url == plain


def test_every_address_of_a_host_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads outside and inside at once is refused, and the addresses looked at are those used."""
    answers = ["1.1.1.1", "10.0.0.1"]

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (literal, port)) for literal in answers]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(UrlRefused, match=r"10\.0\.0\.1"):
        check_url("https://example.org/a")
    answers[1] = "8.8.8.8"
    assert check_url("https://example.org/a").pin == "example.org:443:1.1.1.1,8.8.8.8"


def test_the_pin_is_what_git_connects_to(server: GitServer, served: Origin, tmp_path: Path) -> None:
    """The name is never looked up again: git gets to the server under a name that no resolver knows."""
    address = check_url(server.url(served.path.name), LOOPBACK)
    renamed = type(address)(
        address.url.replace("localhost", "nowhere.invalid"), "nowhere.invalid", address.port, address.addresses
    )
    with pytest.raises(RemoteError, match=r"certificate of nowhere\.invalid"):
        Remote(renamed, ca_file=server.ca_file).refs()


# What a server says -------------------------------------------------------------------------------------------------


def test_branches_and_tags(server: GitServer, served: Origin) -> None:
    served.git("-c", "user.name=A", "-c", "user.email=a", "tag", "-a", "-m", "t", "v1")
    served.git("update-ref", "refs/pull/1/head", "main")
    head = served.git("rev-parse", "main")
    listed = remote(server, served.path.name).refs()
    assert listed.refs == {"refs/heads/main": head, "refs/tags/v1": head}
    assert listed.default == "refs/heads/main"


MISBEHAVING = [
    ("nothing.git", "no public git repository at"),
    ("login/a", "needs a login"),
    ("redirect/https://example.org/a", "redirects elsewhere"),
    ("text/a", "no public git repository at|could not read"),
    ("broken/a", "broke off|could not read"),
    (
        "status/400/a",
        "answers HTTP 400 where a repository should be: is https://localhost:.* the address to clone from",
    ),
    ("status/401/a", "needs a login"),
    ("status/403/a", "refuses https://localhost:.* [(]HTTP 403[)]: it is not public, or .* blocked"),
    ("status/404/a", "no public git repository at"),
    ("status/410/a", "no public git repository at"),
    ("status/429/a", "wants fewer requests [(]HTTP 429[)].*try again in some minutes"),
    *((f"status/{code}/a", f"an error of its own [(]HTTP {code}[)]: try again later") for code in (500, 502, 503, 504)),
]


@pytest.mark.parametrize(("name", "words"), MISBEHAVING)
def test_servers_that_are_none(server: GitServer, name: str, words: str) -> None:
    with pytest.raises(RemoteError, match=words) as caught:
        remote(server, name).refs()
    assert str(caught.value).isprintable()
    assert "a:b@" not in str(caught.value)


@pytest.mark.parametrize(("code", "words"), [(403, "HTTP 403"), (429, "HTTP 429"), (500, "HTTP 500")])
def test_servers_that_fail_in_the_middle(server: GitServer, served: Origin, code: int, words: str) -> None:
    """It has the repository and answers the first question: then git tells the same in other words."""
    with pytest.raises(RemoteError, match=words):
        remote(server, f"late/{code}/{served.path.name}").refs()


def test_a_redirect_is_not_followed(server: GitServer, served: Origin) -> None:
    asked = len(server.asked)
    with pytest.raises(RemoteError, match="redirects elsewhere"):
        remote(server, f"redirect/{server.url(served.path.name)}").refs()
    assert [path for path in server.asked[asked:] if not path.startswith("/redirect/")] == []


def test_a_certificate_nobody_vouches_for(server: GitServer, served: Origin) -> None:
    with pytest.raises(RemoteError, match="certificate of localhost is not trusted"):
        Remote(check_url(server.url(served.path.name), LOOPBACK)).refs()


def test_nobody_listens(server: GitServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"https://localhost:{free.getsockname()[1]}/a"
        with pytest.raises(RemoteError, match=f"No connection to localhost, port {free.getsockname()[1]}: is the"):
            Remote(check_url(url, LOOPBACK), ca_file=server.ca_file).refs()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS on port"),
        (b"", "broke off|does not speak TLS on port"),
    ],
)
def test_no_tls_there(server: GitServer, answer: bytes, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def serve() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(4_096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"https://localhost:{plain.getsockname()[1]}/a"
        with pytest.raises(RemoteError, match=words):
            Remote(check_url(url, LOOPBACK), ca_file=server.ca_file).refs()
        thread.join(10)


@pytest.mark.parametrize(
    ("number", "words"),
    [(socket.EAI_NONAME, "no host named example.org"), (socket.EAI_AGAIN, "example.org cannot be looked up now")],
)
def test_a_name_that_is_not_found(monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    """Whether it exists is one question, whether a name server answers another."""

    def getaddrinfo(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(number, "as the resolver says")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(UrlRefused, match=words):
        check_url("https://example.org/a")


def test_a_slow_server_hits_the_wall_clock(server: GitServer, tmp_path: Path) -> None:
    with pytest.raises(RemoteError, match="localhost is too slow"):
        remote(server, "slow/a", list_seconds=1.0).refs()
    with pytest.raises(RemoteError, match="localhost is too slow"):
        remote(server, "slow/a", fetch_seconds=1.0).fetch(Origin(tmp_path / "bare").path, "refs/heads/main")
    assert _none_is_left(server)


def _none_is_left(server: GitServer) -> bool:
    """Whether killing the group ended every git process that speaks with this server; the kernel takes a moment."""
    for _ in range(50):
        if not _helpers(server):
            return True
        time.sleep(0.1)
    return False


def _helpers(server: GitServer) -> set[str]:
    """The processes of git that speak with this server: other tests fetch from servers of their own meanwhile."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes()
        except OSError:
            continue
        if b"git-remote-https" in command and server.url("").encode() in command:
            found.add(entry.parent.name)
    return found


def test_a_list_without_end(server: GitServer) -> None:
    with pytest.raises(RemoteError):
        remote(server, "endless/a", output_bytes=1 << 20, memory_bytes=256 << 20, list_seconds=20.0).refs()


def test_hostile_names_of_branches_are_not_seen(server: GitServer) -> None:
    listed = remote(server, "refs/a").refs()
    assert set(listed.refs) <= {"refs/heads/good"}
    assert listed.default is None


def test_an_empty_repository(server: GitServer, tmp_path: Path) -> None:
    name = f"{tmp_path.name}-empty.git"
    Origin(server.root / name)
    with pytest.raises(git.EmptyRepository, match="no commits yet"):
        remote(server, name).refs()


def test_a_sha256_repository(server: GitServer, tmp_path: Path) -> None:
    path = server.root / f"{tmp_path.name}-long.git"
    subprocess.run(["git", "init", "-q", "--bare", "--object-format=sha256", str(path)], check=True)
    tree = subprocess.run(
        ["git", "-C", str(path), "mktree"], input=b"", capture_output=True, check=True
    ).stdout.decode()
    identity = ("-c", "user.name=A", "-c", "user.email=a", "-c", "safe.directory=*")
    commit = ("commit-tree", "-m", "a", tree.strip())
    sha = subprocess.check_output(["git", "-C", str(path), *identity, *commit], text=True).strip()
    subprocess.run(["git", "-C", str(path), "update-ref", "HEAD", sha], check=True)
    with pytest.raises(git.UnsupportedFormat, match="sha256"):
        remote(server, path.name).refs()


# Fetching -----------------------------------------------------------------------------------------------------------


def test_inspect_a_url(mirrors, server: GitServer, served: Origin) -> None:
    head = served.git("rev-parse", "main")
    url = server.url(served.path.name)
    assert mirrors.inspect(url + "/") == mirrors.Found(url, "", "refs/heads/main", head)
    served.git("branch", "twice")
    served.git("tag", "twice")
    assert mirrors.inspect(url, "twice") == mirrors.Found(url, "", "refs/heads/twice", head, "refs/tags/twice")
    assert mirrors.inspect(url, "tags/twice").ref == "refs/tags/twice"
    for ref in ("no-such", "--all", "a b", "main:main", "HEAD"):
        with pytest.raises(git.UnknownRevision):
            mirrors.inspect(url, ref)
    served.git("symbolic-ref", "HEAD", "refs/heads/gone")
    with pytest.raises(git.UnknownRevision, match="no default branch"):
        mirrors.inspect(url)


def test_fetch_and_fetch_again(mirrors, server: GitServer, served: Origin) -> None:
    repository = tracked(server.url(served.path.name))
    with pytest.raises(git.NotARepository, match="not been fetched"):
        mirrors.held(repository)
    first = served.git("rev-parse", "main")
    opened = mirrors.fetch(repository)
    assert opened.resolve("refs/heads/main") == first
    assert "shop/cart.py" in opened.tree(first)
    second = served.commit({"a.py": "1"})
    assert mirrors.held(repository).resolve("refs/heads/main") == first
    assert mirrors.open_at(repository, second).resolve("refs/heads/main") == second
    assert _pins(opened) == {second}


def test_only_the_tracked_ref_is_fetched(mirrors, server: GitServer, served: Origin) -> None:
    served.git("branch", "other")
    served.git("tag", "v1")
    opened = mirrors.fetch(tracked(server.url(served.path.name)))
    assert [ref.name for ref in opened.refs()] == ["refs/heads/main"]
    assert not (opened.git_dir / "FETCH_HEAD").exists()
    assert not list((opened.git_dir / "hooks").glob("*"))
    config = (opened.git_dir / "config").read_text()
    assert "localhost" not in config
    assert [ref.name for ref in mirrors.fetch(tracked(server.url(served.path.name), "refs/tags/v1")).refs()] == [
        "refs/heads/main",
        "refs/tags/v1",
    ]


def test_a_rewritten_branch_keeps_what_was_scanned(mirrors, server: GitServer, served: Origin) -> None:
    repository = tracked(server.url(served.path.name))
    first = served.git("rev-parse", "main")
    old = served.commit({"a.py": "1"})
    mirrors.fetch(repository)
    served.commit_all([{"b.py": "1"}], branch="main", base=first)
    new = served.git("rev-parse", "main")
    opened = mirrors.fetch(repository)
    assert opened.resolve("refs/heads/main") == new
    assert _pins(opened) == {old, new}
    subprocess.run(["git", "--git-dir", str(opened.git_dir), "gc", "-q", "--prune=now"], check=True)
    assert "a.py" in opened.tree(old)


def _pins(opened: git.Repository) -> set[str]:
    listed = subprocess.check_output(
        ["git", "--git-dir", str(opened.git_dir), "for-each-ref", "--format=%(refname)", "refs/truthline"], text=True
    )
    return {name.removeprefix("refs/truthline/scans/") for name in listed.split()}


def test_a_branch_that_is_gone(mirrors, server: GitServer, served: Origin) -> None:
    served.git("branch", "short-lived")
    repository = tracked(server.url(served.path.name), "refs/heads/short-lived")
    mirrors.fetch(repository)
    served.git("branch", "-D", "short-lived")
    with pytest.raises(git.UnknownRevision, match="no longer has that branch or tag"):
        mirrors.fetch(repository)
    assert mirrors.held(repository).resolve("refs/heads/short-lived")


@pytest.mark.parametrize(
    "ref", ["main", "refs/heads/--all", "refs/pull/1/head", "refs/heads/a:refs/heads/b", "--all", "", "HEAD"]
)
def test_refs_that_are_not_fetched(mirrors, server: GitServer, served: Origin, ref: str) -> None:
    with pytest.raises(git.UnknownRevision):
        mirrors.fetch(tracked(server.url(served.path.name), ref))


def test_an_object_the_server_does_not_have(mirrors, server: GitServer, served: Origin) -> None:
    with pytest.raises(git.UnknownRevision):
        mirrors.open_at(tracked(server.url(served.path.name)), "1" * 40)


def test_progress_counts_objects(mirrors, server: GitServer, served: Origin) -> None:
    served.commit_all([{f"m{number}.py": f"x = {number}\n"} for number in range(300)])
    told: list[tuple[int, int]] = []
    mirrors.fetch(tracked(server.url(served.path.name)), lambda received, total: told.append((received, total)))
    assert told[-1][0] == told[-1][1] >= 900
    assert all(0 <= received <= total for received, total in told)


def test_a_caller_that_gives_up_ends_the_fetch(mirrors, server: GitServer, served: Origin) -> None:
    def give_up(received: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        mirrors.fetch(tracked(server.url(served.path.name)), give_up)
    assert _none_is_left(server)


def test_a_pack_bomb(server: GitServer, tmp_path: Path) -> None:
    """A blob of 1 GB of zeros is a small pack; unpacking it may cost neither the memory nor the disk."""
    bomb = Origin(server.root / f"{tmp_path.name}-bomb.git")
    with subprocess.Popen(
        ["git", "-c", "core.bigFileThreshold=2g", "hash-object", "-w", "--stdin"],
        cwd=bomb.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as writer:  # fmt: skip
        assert writer.stdin is not None
        assert writer.stdout is not None
        for _ in range(160):
            writer.stdin.write(bytes(1 << 20))
        writer.stdin.close()
        blob = writer.stdout.read().decode().strip()
    tree = bomb.git("mktree", stdin=f"100644 blob {blob}\ta.py\n".encode())
    commit = bomb.git("-c", "user.name=A", "-c", "user.email=a", "commit-tree", "-m", "a", tree)
    bomb.git("update-ref", "refs/heads/main", commit)
    mirror = Origin(tmp_path / "mirror")
    remote(server, bomb.path.name, memory_bytes=128 << 20).fetch(mirror.path, "refs/heads/main")
    opened = git.Repository(mirror.path)
    assert dict(opened.blobs([blob])) == {blob: None}


def test_a_repository_that_is_damaged_there(mirrors, server: GitServer, served: Origin) -> None:
    blob = served.git("rev-parse", "main:shop/cart.py")
    (served.path / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(RemoteError, match="seems to be damaged there"):
        mirrors.fetch(tracked(server.url(served.path.name)))


def test_a_repository_that_is_too_large(server: GitServer, tmp_path: Path) -> None:
    large = Origin(server.root / f"{tmp_path.name}-large.git")
    blob = large.git("hash-object", "-w", "--stdin", stdin=os.urandom(2 << 20))
    tree = large.git("mktree", stdin=f"100644 blob {blob}\ta.py\n".encode())
    commit = large.git("-c", "user.name=A", "-c", "user.email=a", "commit-tree", "-m", "a", tree)
    large.git("update-ref", "refs/heads/main", commit)
    mirror = Origin(tmp_path / "mirror")
    with pytest.raises(RemoteError, match=r"larger than|too large"):
        remote(server, large.path.name, disk_bytes=1 << 20).fetch(mirror.path, "refs/heads/main")


# Paths of this machine ----------------------------------------------------------------------------------------------


def test_a_path_is_read_in_place(mirrors, origin: Origin, settings) -> None:
    head = origin.git("rev-parse", "main")
    assert mirrors.inspect(str(origin.path)) == mirrors.Found("", str(origin.path), "refs/heads/main", head)
    for opened in (
        mirrors.fetch(at_path(origin.path)),
        mirrors.held(at_path(origin.path)),
        mirrors.open_at(at_path(origin.path), head),
    ):
        assert opened.path == origin.path
    assert not Path(settings.TRUTHLINE_DATA).exists()


def test_a_path_through_links_is_one_path(mirrors, origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(origin.path)
    assert mirrors.inspect(f"{tmp_path}/link/../{origin.path.name}/").path == str(origin.path)


def test_only_folders_the_operator_opened(mirrors, origin: Origin, tmp_path: Path, settings) -> None:
    settings.TRUTHLINE_LOCAL_PATHS = []
    with pytest.raises(mirrors.PathRefused, match="not open here"):
        mirrors.inspect(str(origin.path))
    (tmp_path / "open").mkdir()
    settings.TRUTHLINE_LOCAL_PATHS = [tmp_path / "open"]
    (tmp_path / "open" / "link").symlink_to(origin.path)
    (tmp_path / "open" / "tree").mkdir()
    (tmp_path / "open" / "tree" / ".git").write_text(f"gitdir: {origin.path}\n")
    sneaky = ("open/link", "open/tree", "open/../shop", "open/../openly", "shop")
    for path in sneaky:
        with pytest.raises(mirrors.PathRefused, match="outside the folders"):
            mirrors.inspect(f"{tmp_path}/{path}")
    inside = origin.clone(tmp_path / "open" / "inside")
    assert mirrors.inspect(str(inside.path)).head == origin.git("rev-parse", "main")
    settings.TRUTHLINE_LOCAL_PATHS = [tmp_path / "other"]
    for call in (mirrors.fetch, mirrors.held):
        with pytest.raises(mirrors.PathRefused):
            call(at_path(inside.path))


def test_paths_that_cannot_be_connected(mirrors, origin: Origin, tmp_path: Path) -> None:
    origin.commit({"a.py": "1"})
    shallow = Origin(tmp_path / "shallow")
    shallow.git("fetch", "-q", "--depth=1", f"file://{origin.path}", "+refs/heads/main:refs/heads/main")
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(tmp_path / "long")], check=True)
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for source, kind, words in [
        ("", mirrors.PathRefused, "Name a path"),
        (str(shallow.path), git.ShallowClone, "shallow"),
        (str(tmp_path / "long"), git.UnsupportedFormat, "sha256"),
        (str(Origin(tmp_path / "empty").path), git.EmptyRepository, "no commits yet"),
        (str(tmp_path / "circle"), git.GitError, "circle"),
        (f"{tmp_path}/a\nb", mirrors.PathRefused, "cannot be shown"),
        ("\udcff", mirrors.PathRefused, "cannot be shown"),
        ("-p", mirrors.PathRefused, "hyphen"),
    ]:
        with pytest.raises(kind, match=words):
            mirrors.inspect(source)


def test_refs_of_a_path(mirrors, origin: Origin) -> None:
    origin.git("branch", "twice")
    origin.git("tag", "twice")
    path = str(origin.path)
    assert (mirrors.inspect(path, "twice").ref, mirrors.inspect(path, "twice").other_ref) == (
        "refs/heads/twice",
        "refs/tags/twice",
    )
    assert mirrors.inspect(path, "refs/tags/twice").ref == "refs/tags/twice"
    for ref in ("no-such", "--all", origin.git("rev-parse", "main"), "main~0", "HEAD"):
        with pytest.raises(git.UnknownRevision):
            mirrors.inspect(path, ref)
    (origin.path / "HEAD").write_text(origin.git("rev-parse", "main") + "\n")
    with pytest.raises(git.UnknownRevision, match="detached"):
        mirrors.inspect(path)
    assert mirrors.inspect(path, "main").ref == "refs/heads/main"
