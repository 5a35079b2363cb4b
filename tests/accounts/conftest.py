"""Fixtures of the accounts tests: two sites, three people."""

from typing import Any

import pytest

from accounts.models import User
from accounts.permissions import Role

from .builders import make_membership, make_site, make_user


@pytest.fixture
def ward(db: None) -> Any:
    """The site where things happen."""
    return make_site("WARD")


@pytest.fixture
def elsewhere(db: None) -> Any:
    """Another site, which must stay another's."""
    return make_site("ELSE")


@pytest.fixture
def nurse(ward: Any) -> User:
    """Somebody who may."""
    return make_user("nora", membership=(Role.NURSE, ward))


@pytest.fixture
def administrator(db: None) -> User:
    """Somebody who manages people everywhere and never treats anybody."""
    user = make_user("adam")
    make_membership(user, Role.ADMINISTRATOR, None)
    return user


@pytest.fixture
def stranger(elsewhere: Any) -> User:
    """Somebody who must see nothing of the ward."""
    return make_user("stig", membership=(Role.CHARGE_NURSE, elsewhere))
