"""The content security policy stands on every response and lets nothing inline through."""

import pytest


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/", "/no-such-page", "/static/no-such-file.css"])
def test_every_response_has_the_policy(client, address):
    policy = client.get(address).headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.django_db
def test_strangers_see_health_and_nothing_else(client):
    assert client.get("/healthz").status_code == 503
    assert client.get("/").status_code == 302
