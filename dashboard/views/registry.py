"""The registry of a repository: what is in force, what is suggested, and a change with its effect before it counts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard import registry
from dashboard.access import actor_of, repository_for
from dashboard.fragments import is_asked_for_part, respond
from dashboard.models import RegistrySurvey, RegistryVersion, Role
from dashboard.registry_forms import RegistryForm, TextForm
from dashboard.registry_rows import effect_of, standings, suggested
from dashboard.summaries import summarise
from dashboard.tasks import ask_for_measure, ask_for_survey
from scanner.engine.config_schema import schema as config_schema
from scanner.models import Repository

MOST_VERSIONS = 20


@require_safe
def registry_page(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, repository_for(request, slug, Role.VIEWER))


@require_safe
def text_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The text of truthline.toml, to be edited."""
    repository = repository_for(request, slug, Role.VIEWER)
    form = TextForm(initial={"config_toml": registry.current_text(repository)})
    return render(request, "dashboard/registry_text.html", _around(repository) | {"form": form})


@require_POST
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep rows or a text as a draft, to be measured by a worker; nothing is in force by it."""
    repository = _changeable(request, slug)
    if "config_toml" in request.POST:
        text_form = TextForm(request.POST)
        if not text_form.is_valid():
            context = _around(repository) | {"form": text_form}
            return render(request, "dashboard/registry_text.html", context, status=422)
        text, note = text_form.cleaned_data["config_toml"], text_form.cleaned_data["note"]
    else:
        config = registry.current(repository)
        form = RegistryForm(config, suggested(_survey(repository), config, repository), request.POST)
        if not form.is_valid():
            return _page(request, repository, form, status=422)
        text, note = registry.edited(repository, form.config), form.note.cleaned_data["note"]
    return _drafted(request, repository, text, note)


@require_POST
def survey(request: HttpRequest, slug: str) -> HttpResponse:
    """Look for symbols worth registering."""
    repository = _changeable(request, slug)
    registry.ask_survey(repository)
    ask_for_survey(repository.pk)
    return redirect("registry", slug)


@require_safe
def suggestions(request: HttpRequest, slug: str) -> HttpResponse:
    """What htmx asks for while a worker looks for symbols."""
    repository = repository_for(request, slug, Role.VIEWER)
    if not is_asked_for_part(request):
        return redirect("registry", slug)
    survey = _survey(repository)
    config = registry.current(repository)
    form = RegistryForm(config, suggested(survey, config, repository))
    context = {"repository": repository, "survey": survey, "form": form}
    return respond(request, "dashboard/_registry_suggestions.html", context)


@require_safe
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    repository = repository_for(request, slug, Role.VIEWER)
    found = _version(repository, number)
    context: dict[str, Any] = {
        "repository": repository,
        "version": found,
        "effect": effect_of(found),
        "in_repository": registry.is_in_repository(repository),
    }
    if is_asked_for_part(request):
        return respond(request, "dashboard/_registry_effect.html", context)
    newest = RegistryVersion.objects.saved().filter(repository=repository).values_list("pk", flat=True).first()
    context |= _around(repository) | {
        "diff": registry.diff(registry.before(found), found.config_toml),
        "is_newest": found.pk == newest,
    }
    return respond(request, "dashboard/registry_version.html", context)


@require_POST
def measure(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask once more for the effect of a draft, as when its worker was lost."""
    found = _version(_changeable(request, slug), number)
    registry.measure_again(found)
    ask_for_measure(found.pk)
    return redirect("registry-version", slug, number)


@require_POST
def save(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    found = _version(_changeable(request, slug), number)
    try:
        found = registry.save(found, actor_of(request))
    except registry.Refused as error:
        messages.error(request, str(error))
        return redirect("registry-version", slug, number)
    messages.success(request, f"Version {found.n} is saved. It takes effect with the scan that starts now.")
    return redirect("registry", slug)


@require_POST
def restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Make a draft of an old version, so that its effect is seen before it counts again."""
    repository = _changeable(request, slug)
    found = _version(repository, number)
    return _drafted(request, repository, found.config_toml, f"Back to {found.name}.")


@require_POST
def discard(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    found = _version(_changeable(request, slug), number)
    if not found.is_saved:
        found.delete()
    return redirect("registry", slug)


@login_not_required
@require_safe
def schema(request: HttpRequest) -> JsonResponse:
    """The JSON Schema of truthline.toml."""
    return JsonResponse(config_schema(), json_dumps_params={"indent": 2})


def _changeable(request: HttpRequest, slug: str) -> Repository:
    """Return the repository if this person may change its registry."""
    return repository_for(request, slug, Role.LEAD)


def _version(repository: Repository, number: int) -> RegistryVersion:
    found = RegistryVersion.objects.select_related("author").filter(repository=repository, pk=number).first()
    if found is None:
        raise Http404(f"{repository.name} has no such version of its configuration.")
    found.repository = repository
    return found


def _drafted(request: HttpRequest, repository: Repository, text: str, note: str) -> HttpResponse:
    try:
        made = registry.draft(repository, text, actor_of(request), note)
    except registry.Refused as error:
        messages.info(request, str(error))
        return redirect("registry", repository.slug)
    ask_for_measure(made.pk)
    return redirect("registry-version", repository.slug, made.pk)


def _around(repository: Repository) -> dict[str, Any]:
    return {
        "repository": repository,
        "summary": summarise([repository], timezone.now())[0],
        "tab": "registry",
        "in_repository": registry.is_in_repository(repository),
    }


def _survey(repository: Repository) -> RegistrySurvey | None:
    return RegistrySurvey.objects.filter(repository=repository).first()


def _page(
    request: HttpRequest, repository: Repository, form: RegistryForm | None = None, status: int = 200
) -> HttpResponse:
    config = registry.current(repository)
    survey = _survey(repository)
    versions = RegistryVersion.objects.filter(repository=repository).listed()[:MOST_VERSIONS]
    form = form or RegistryForm(config, suggested(survey, config, repository))
    context = _around(repository) | {
        "form": form,
        "config": config,
        "standings": standings(repository.current_epoch, config),
        "pending": registry.is_pending(repository),
        "survey": survey,
        "versions": [one for one in versions if one.is_saved],
        "drafts": [one for one in versions if not one.is_saved],
    }
    return render(request, "dashboard/registry.html", context, status=status)
