"""Connecting a repository: everything is looked at first, and nothing is saved unless all of it is right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from . import mirrors, scans
from .engine.config import FILE_NAME, ConfigError, to_toml
from .engine.config_file import parse
from .engine.git import PYTHON, GitError
from .engine.suggestion import suggest_at
from .models import Repository, Scan


class ConnectError(Exception):
    """The repository cannot be connected; `str()` is one sentence for a person."""


class ConnectedAlready(ConnectError):
    """The same ref of the same source is tracked: `url`, `path` and `ref` are those of its repository."""

    def __init__(self, url: str, path: str, ref: str) -> None:
        super().__init__(f"{url or path} at {ref} is connected already.")
        self.url, self.path, self.ref = url, path, ref


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a repository found. Of a URL nothing is fetched yet, so commits and files are not known.

    `notes` are sentences worth telling; `config_toml` is the suggested configuration, or empty.
    """

    url: str
    path: str
    ref: str
    head: str
    commits: int | None = None
    files: int | None = None
    config_toml: str = ""
    notes: tuple[str, ...] = ()

    def name(self, parts: int = 1) -> str:
        """The last parts of the path or URL."""
        tail = Path((self.url or self.path).rstrip("/")).parts[-parts:]
        return "/".join(tail).removesuffix(".git") or "repository"


def look(source: str, ref: str = "") -> Seen:
    """Return what is to be seen at a path or https URL; `ref` is a branch or tag, the default branch when empty.

    Raises ConnectError.
    """
    try:
        found = mirrors.inspect(source.strip(), ref.strip())
        _refuse_twice(found.url, found.path, found.ref)
        notes = (f"{found.other_ref} has the same short name; {found.ref} is tracked.",) if found.other_ref else ()
        if found.url:
            return Seen(found.url, "", found.ref, found.head, notes=notes)
        repository = mirrors.fetch(Repository(path=found.path, ref=found.ref))
        tree = repository.tree(found.head)
        own = repository.read(found.head, FILE_NAME)
        commits = len(repository.history(found.head))
        suggested = to_toml(suggest_at(repository, found.head))
    except GitError as error:
        raise ConnectError(str(error)) from error
    files = sum(path.endswith(PYTHON) for path in tree)
    if not files:
        raise ConnectError(f"{found.path} has no Python file at {found.ref}.")
    if own is not None:
        _refuse_wrong_config(own, found.head)
    return Seen("", found.path, found.ref, found.head, commits, files, suggested, notes)


def connect(source: str, ref: str = "", *, name: str = "", scan: bool = True) -> Repository:
    """Look at a repository, save it and ask for its first scan. Raises ConnectError, and then nothing is saved."""
    return save(look(source, ref), name=name, scan=scan)


def save(seen: Seen, *, name: str = "", scan: bool = True) -> Repository:
    """Save what `look` found; without `scan` the first scan comes after an interval. Raises ConnectError."""
    name = name.strip() or _name(seen)
    repository = Repository(name=name[:200], url=seen.url, path=seen.path, ref=seen.ref, config_toml=seen.config_toml)
    repository.next_scan_at = timezone.now() + repository.interval
    try:
        with transaction.atomic():
            repository.slug = _free_slug(name)
            repository.save()
            if scan:
                scans.request(repository, Scan.Reason.CONNECTED)
    except IntegrityError as error:  # in this moment somebody connected it, or another one of this name
        if not Repository.objects.filter(url=seen.url, path=seen.path, ref=seen.ref).exists():
            return save(seen, name=name, scan=scan)
        raise ConnectedAlready(seen.url, seen.path, seen.ref) from error
    return repository


def _refuse_twice(url: str, path: str, ref: str) -> None:
    if Repository.objects.filter(url=url, path=path, ref=ref).exists():
        raise ConnectedAlready(url, path, ref)


def _refuse_wrong_config(own: bytes, head: str) -> None:
    try:
        parse(own)
    except ConfigError as error:
        raise ConnectError(f"In {FILE_NAME} at commit {head[:9]}: {str(error).rstrip('.')}.") from error


def _name(seen: Seen) -> str:
    """Folders of other projects may be called alike: tell this one apart by the folder it lies in."""
    others = Repository.objects.filter(name=seen.name()).exclude(url=seen.url, path=seen.path)
    return seen.name(2) if others.exists() else seen.name()


def _free_slug(name: str) -> str:
    slug = slugify(name)[:70] or "repository"
    taken = set(Repository.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    if slug not in taken:
        return slug
    return next(free for n in range(2, len(taken) + 3) if (free := f"{slug}-{n}") not in taken)
