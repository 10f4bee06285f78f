"""Who may see what. Every page that shows a repository gets it from here."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from scanner.models import Repository


def repository_for(user: AbstractBaseUser | AnonymousUser, slug: str) -> Repository:
    """Return the repository of that name with its current epoch, if this user may see it.

    Every signed-in user sees every repository. Raises Http404 for the rest: an outsider does not
    learn whether a name exists.
    """
    if user.is_authenticated:
        repository = Repository.objects.select_related("current_epoch").filter(slug=slug).first()
        if repository is not None:
            return repository
    raise Http404(f"There is no repository {slug!r}.")


def actor_of(request: HttpRequest) -> AbstractBaseUser:
    """Return who asks, to be named in what is written. Raises PermissionDenied for a stranger."""
    if not request.user.is_authenticated:
        raise PermissionDenied("Sign in first.")
    return request.user
