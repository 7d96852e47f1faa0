"""The language of a page, and refusals by services as pages with the right status."""

from __future__ import annotations

from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _

from deliberation.services.errors import ServiceError, TooMany
from deliberation.views.errors import error_page, wrong_method

_TITLES = {
    403: _("Not allowed"),
    409: _("Not at this moment"),
    410: _("This link no longer works"),
    429: _("One moment, please"),
}


class Language:
    """The language that was chosen, else the browser's. Caches are told that both decide.

    Django's LocaleMiddleware also looks for a language in the address, where we have none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        response.headers.setdefault("Content-Language", translation.get_language() or language)
        return response


class ContentSecurityPolicy(CSPMiddleware):
    """The one policy of the whole site, put together once instead of for every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._policy = build_policy()

    def process_request(self, request: HttpRequest) -> None:
        """No page of ours needs a nonce."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers[HEADER] = self._policy
        return response


class ServiceErrors:
    """Answers uncaught ServiceErrors, and what Django refuses without a word. Views catch errors
    that belong beside a form field."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            return wrong_method(request, response["Allow"])
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ServiceError):
            return None
        title = _TITLES.get(exception.status, _("That did not work"))
        response = error_page(request, exception.status, str(title), exception.message)
        if isinstance(exception, TooMany):
            response["Retry-After"] = str(exception.retry_after)
        return response
