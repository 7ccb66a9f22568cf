"""Creation in the admin as it is limited: one who creates too fast gets the form again, which says when to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse

from jobs.creation_limits import TooFast, admission_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class Limited:
    """Mixed into the admin of what people create one by one. Its form says the `refusal` that it is given."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The budget is asked before the transaction that Django opens around the rest, and only for what is good."""
        admin = cast("Any", super())
        response: HttpResponse
        if not self._creates(request):
            response = admin.add_view(request, form_url, extra_context)
            return response
        try:
            admission_of(cast("AbstractBaseUser", request.user)).single()
        except TooFast as refusal:
            cast("Any", request).refusal = str(refusal)
            response = admin.add_view(request, form_url, extra_context)
            response.status_code = 429
            response["Retry-After"] = str(refusal.retry_after)
            return response
        response = admin.add_view(request, form_url, extra_context)
        return response

    def _creates(self, request: HttpRequest) -> bool:
        admin = cast("Any", self)
        if request.method != "POST" or not admin.has_add_permission(request):
            return False
        valid: bool = admin.get_form(request)(request.POST).is_valid()
        return valid
