"""Who may see and do what. Every view gets the repository it shows or changes from here, and from nowhere else."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import F, FilteredRelation, Q, Value
from django.http import Http404, HttpRequest

from dashboard.models import Membership, Role
from scanner.models import Repository
from scanner.models.repositories import RepositoryQuerySet

MOST_NAMED = 5
# Django's own permission to add one: what an operator gives to those who may connect repositories.
MAY_CONNECT = "scanner.add_repository"


class RoleNeeded(PermissionDenied):
    """A member's role is too low. `str()` says which they have, `needed` which it takes, `holders` who has that."""

    def __init__(self, repository: Repository, needed: Role) -> None:
        super().__init__(f"You are {role_in(repository).label} of {repository.name}.")
        self.repository = repository
        self.needed = needed

    def holders(self) -> list[Membership]:
        """Some of the members with the role or a higher one, the lowest first; empty when only operators could."""
        found = Membership.objects.filter(repository=self.repository).at_least(self.needed)
        return list(found.select_related("user").order_by("role", "user__username")[:MOST_NAMED])


def visible(user: User | AnonymousUser) -> RepositoryQuerySet:
    """Return the repositories that a person may see, each with `my_role`, their role there.

    An operator of this instance (Django's superuser) is admin everywhere; everybody else sees what they are members of.
    """
    repositories = Repository.objects.select_related("current_epoch")
    if user.is_superuser:
        return repositories.annotate(my_role=Value(Role.ADMIN.value))
    if not user.is_authenticated:
        return repositories.none()
    mine = FilteredRelation("memberships", condition=Q(memberships__user=user))
    return repositories.annotate(mine=mine).filter(mine__isnull=False).annotate(my_role=F("mine__role"))


def repository_for(request: HttpRequest, slug: str, role: Role) -> Repository:
    """Return the repository of that name with its current epoch, if who asks has at least that role there.

    Raises Http404 where the person is no member, in the words for a name that does not exist: an outsider does not
    learn which of the two it is. Raises RoleNeeded for a member whose role is too low.
    """
    repository = visible(request.user).filter(slug=slug).first()
    if repository is None:
        raise Http404(f"There is no repository {slug!r}.")
    if role_in(repository) < role:
        raise RoleNeeded(repository, role)
    return repository


def role_in(repository: Repository) -> Role:
    """Return the role that `visible` found."""
    return Role(repository.my_role)  # type: ignore[attr-defined]


def actor_of(request: HttpRequest) -> User:
    """Return who asks, to be named in what is written. Raises PermissionDenied for a stranger."""
    if not request.user.is_authenticated:
        raise PermissionDenied("Sign in first.")
    return request.user


def operator_of(request: HttpRequest) -> User:
    """Return who asks, if that is an operator of this instance. Raises PermissionDenied."""
    operator = actor_of(request)
    if not operator.is_superuser:
        raise PermissionDenied("Only an operator of this instance may do this.")
    return operator


def connector_of(request: HttpRequest) -> User:
    """Return who asks, if that is an operator or whom one lets connect repositories. Raises PermissionDenied."""
    person = actor_of(request)
    if not person.has_perm(MAY_CONNECT):
        raise PermissionDenied("Operators of this instance connect repositories, and whoever an operator lets do so.")
    return person
