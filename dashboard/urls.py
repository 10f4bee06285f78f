"""Which address shows which page."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path, register_converter

from dashboard.converters import HexConverter
from dashboard.views import (
    account,
    activity,
    checklist,
    commit,
    commits,
    connect,
    errors,
    health,
    invitation,
    members,
    overview,
    people,
    plan,
    plans,
    reimport,
    repository,
    rule,
    rules,
    scan,
    scans,
    search,
    session,
    settings,
    violation,
    violations,
)

register_converter(HexConverter, "hex")

repository_pages = [
    path("", repository.repository, name="repository"),
    path("trend.json", repository.trend, name="trend"),
    path("violations/", violations.violations, name="violations"),
    path("violations/<hex:fingerprint>/", violation.violation, name="violation"),
    path("plans/", plans.plan_list, name="plans"),
    path("plans/found/", plans.found, name="plans-found"),
    path("plans/read/", plans.read, name="read-plan"),
    path("plans/confirm/", plans.confirm, name="confirm-plan"),
    path("plan/<slug:name>/", plan.plan, name="plan"),
    path("plan/<slug:name>/criteria/", plan.criteria, name="plan-criteria"),
    path("plan/<slug:name>/again/", reimport.reimport, name="reimport-plan"),
    path("plan/<slug:name>/again/confirm/", reimport.confirm, name="confirm-reimport"),
    path("plan/<slug:name>/export/", plan.export, name="export-plan"),
    path("plan/<slug:name>/archive/", plan.archive, name="archive-plan"),
    path("criteria/<int:number>/", checklist.criterion, name="criterion"),
    path("criteria/<int:number>/row/", checklist.row, name="criterion-row"),
    path("criteria/<int:number>/tick/", checklist.tick, name="tick"),
    path("criteria/<int:number>/undo/", checklist.undo, name="undo-tick"),
    path("criteria/<int:number>/override/", checklist.override, name="override"),
    path("criteria/<int:number>/override/end/", checklist.end_override, name="end-override"),
    path("criteria/<int:number>/predicate/", checklist.bind, name="bind"),
    path("commits/", commits.commits, name="commits"),
    path("commits/<hex:sha>/", commit.commit, name="commit"),
    path("activity/", activity.activity, name="activity"),
    path("scans/", scans.scans, name="scans"),
    path("scans/start/", scans.start, name="start-scan"),
    path("scans/<int:number>/", scan.scan, name="scan"),
    path("scans/<int:number>/cancel/", scan.cancel, name="cancel-scan"),
    path("settings/", settings.settings, name="settings"),
    path("settings/archive/", settings.archive, name="archive"),
    path("settings/members/", members.members, name="members"),
    path("settings/members/invite/", members.invite, name="invite"),
    path("settings/members/<int:number>/role/", members.change_role, name="change-role"),
    path("settings/members/<int:number>/remove/", members.remove, name="remove-member"),
    path("settings/invitations/<int:number>/revoke/", members.revoke, name="revoke-invitation"),
]

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("connect/", connect.connect, name="connect"),
    path("repositories/<slug:slug>/", include(repository_pages)),
    path("rules/", rules.rules, name="rules"),
    path("rules/<slug:name>/", rule.rule, name="rule"),
    path("search/", search.search, name="search"),
    path("theme/", session.theme, name="theme"),
    path("login/", session.SignIn.as_view(), name="login"),
    path("password/", account.ForgottenPassword.as_view(), name="password-forgotten"),
    path("password/<uidb64>/<token>/", account.SetPassword.as_view(), name="password-set"),
    path("account/", account.account, name="account"),
    path("account/password/", account.ChangePassword.as_view(), name="password-change"),
    path("invitations/<slug:token>/", invitation.invitation, name="invitation"),
    path("people/", people.people, name="people"),
    path("people/<int:number>/connecting/", people.connecting, name="let-connect"),
    path("people/<int:number>/active/", people.active, name="set-active"),
    path("logout/", LogoutView.as_view(next_page="login"), name="logout"),
    path("favicon.ico", session.favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
