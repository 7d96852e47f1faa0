"""A refusal by a service becomes a page with the right status, wherever it was raised."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from deliberation.services.errors import ServiceError, TooMany
from deliberation.views.errors import error_page

_TITLES = {
    403: _("Not allowed"),
    409: _("Not at this moment"),
    410: _("This link no longer works"),
    422: _("That does not hold"),
    429: _("One moment, please"),
}


class ServiceErrors:
    """Answers uncaught ServiceErrors. Views catch those that belong beside a form field."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ServiceError):
            return None
        title = _TITLES.get(exception.status, _("That did not work"))
        response = error_page(request, exception.status, str(title), exception.message)
        if isinstance(exception, TooMany):
            response["Retry-After"] = str(exception.retry_after)
        return response
