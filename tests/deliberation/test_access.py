"""Outsiders get 404, the wrong role 403, the wrong phase 409; a seat is a signed cookie."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from deliberation.access import (
    current_participant,
    forget_participant,
    managed_deliberation,
    remember_participant,
    visible_deliberation,
)
from deliberation.models import Membership
from deliberation.services.errors import WrongPhase
from tests.factories import join, make_deliberation, make_open, make_user

pytestmark = pytest.mark.django_db


def request_of(user=None, response: HttpResponse | None = None):
    request = RequestFactory().get("/")
    request.user = user or AnonymousUser()
    if response is not None:
        request.COOKIES = {name: morsel.value for name, morsel in response.cookies.items()}
    return request


def test_a_deliberation_in_preparation_is_seen_only_by_those_who_work_on_it():
    alice, bob = make_user(), make_user("bob@example.org")
    make_deliberation(owner=alice)
    assert visible_deliberation(request_of(alice), "assistant").slug == "assistant"
    for stranger in (None, bob):
        with pytest.raises(Http404):
            visible_deliberation(request_of(stranger), "assistant")


def test_an_open_deliberation_is_seen_by_anyone():
    make_open()
    assert visible_deliberation(request_of(), "assistant").slug == "assistant"


def test_outsiders_get_404_wrong_roles_403_and_wrong_phases_409():
    alice, bob, charlie = (make_user(f"{n}@example.org") for n in ("alice", "bob", "charlie"))
    deliberation = make_open(owner=alice)
    Membership.objects.create(deliberation=deliberation, user=bob, role="moderator")
    with pytest.raises(Http404):
        managed_deliberation(request_of(charlie), "assistant", "view")
    with pytest.raises(PermissionDenied):
        managed_deliberation(request_of(bob), "assistant", "close")
    with pytest.raises(WrongPhase):
        managed_deliberation(request_of(alice), "assistant", "publish")
    assert managed_deliberation(request_of(bob), "assistant", "moderate").role == "moderator"


def test_a_participant_is_known_again_on_the_same_device():
    deliberation = make_open()
    participant, response = join(deliberation), HttpResponse()
    remember_participant(response, participant)
    cookie = response.cookies["seat"]
    assert cookie["path"] == "/d/assistant/"
    assert cookie["httponly"]
    assert current_participant(request_of(response=response), deliberation) == participant


def test_a_cookie_of_one_deliberation_is_worth_nothing_in_another():
    here, there = make_open(), make_open(slug="there")
    join(there)
    response = HttpResponse()
    remember_participant(response, join(here))
    assert current_participant(request_of(response=response), there) is None


@pytest.mark.parametrize("value", ["", "forged", "WzEsMV0:1a:b"])
def test_a_forged_cookie_is_nobody(value):
    deliberation = make_open()
    join(deliberation)
    request = request_of()
    request.COOKIES = {"seat": value}
    assert current_participant(request, deliberation) is None


@pytest.mark.parametrize("version", [0, 2])
def test_a_new_session_version_ends_the_old_device(version):
    deliberation = make_open()
    participant, response = join(deliberation), HttpResponse()
    remember_participant(response, participant)
    participant.session_version = version
    participant.save()
    assert current_participant(request_of(response=response), deliberation) is None


def test_forgetting_deletes_the_cookie():
    deliberation, response = make_open(), HttpResponse()
    remember_participant(response, join(deliberation))
    forget_participant(response, deliberation)
    assert response.cookies["seat"].value == ""
