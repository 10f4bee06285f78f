from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

PASSWORD = "long enough to guess"


@pytest.fixture
def lead(db, django_user_model: type[User]) -> User:
    """An operator, who may do everything everywhere; what others may do is the matter of test_urls."""
    return django_user_model.objects.create_superuser("lead", password=PASSWORD)


@pytest.fixture
def signed_in(client: Client, lead: User) -> Client:
    client.force_login(lead)
    return client
