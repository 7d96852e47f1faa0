"""A connection that the server has closed is noticed before a query is lost on it."""

from __future__ import annotations

import pytest
from django.db import connection, connections

from deploy.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_living_connection_is_usable_without_asking_the_server(django_assert_num_queries):
    connection.ensure_connection()
    with django_assert_num_queries(0):
        assert connection.is_usable()


def test_a_connection_that_the_server_ended_is_not_usable():
    other = connections.create_connection("default")
    other.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [other.connection.info.backend_pid])
    try:
        assert wait_until(lambda: not other.is_usable(), seconds=5)
    finally:
        other.close()


def test_a_closed_connection_is_not_usable():
    other = connections.create_connection("default")
    other.ensure_connection()
    other.connection.close()
    assert not other.is_usable()
