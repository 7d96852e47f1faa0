"""What people see when something does not hold, in words and with a way on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _


def error_page(request: HttpRequest, status: int, title: str, message: str) -> HttpResponse:
    """Answer with one plain page. Fragments get it too: htmx shows errors as they come."""
    context = {"title": title, "message": message, "back": _way_back(request, status)}
    return render(request, "errors/error.html", context, status=status)


def _way_back(request: HttpRequest, status: int) -> tuple[str, str] | None:
    """Address and name of where one goes on whose role or moment it was not.

    Those two are only said of deliberations that the person asking may know of.
    """
    match = request.resolver_match
    slug = match.kwargs.get("slug") if match else None
    if status not in (403, 409) or slug is None:
        return None
    if request.path.startswith("/organise/"):
        return reverse("workspace", args=[slug]), _("Back to the workspace")
    return reverse("deliberation", args=[slug]), _("To the public page of this deliberation")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request, 400, _("That did not work"), _("Your browser sent something we do not understand.")
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request, 403, _("Not for your role"), _("Your role does not allow this. Ask the owner.")
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request,
        404,
        _("Page not found"),
        _("There is nothing here. The link may be old, or it may have a typing error."),
    )


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    """An address that only takes forms was opened like a page, from history or a copied link."""
    page = error_page(
        request,
        405,
        _("This address only takes forms"),
        _("Nothing was changed. Go back to the page you came from, and use the button there."),
    )
    page["Allow"] = allowed
    return page


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        500,
        _("Something broke on our side"),
        _("We could not finish this. Nothing you sent was half saved. Please try again."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(
        request,
        403,
        _("Please try again"),
        _(
            "Your browser did not send the safety token of this page. "
            "Allow cookies for this site, go back, reload the page and try again."
        ),
    )
