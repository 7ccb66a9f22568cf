"""A token about itself. Tokens are made, rotated and listed by people: on the page /tokens/, and by command."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.views import ApiView, person
from jobs.clock import clock
from jobs.models import Token
from jobs.tokens import revoke, scopes_of


class TokenSerializer(serializers.ModelSerializer[Token]):
    """Token, without the secret. `scopes`, `queues` and `targets` null: all that its owner may, of any."""

    owner = serializers.CharField(source="owner.get_username", read_only=True)
    prefix = serializers.CharField(read_only=True)
    scopes_in_words = serializers.SerializerMethodField()
    made_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Token
        fields = (
            *("name", "prefix", "owner", "scopes", "scopes_in_words", "queues", "targets"),
            *("made_at", "last_used_at", "expires_at"),
        )
        read_only_fields = fields

    def get_scopes_in_words(self, token: Token) -> list[str]:
        return scopes_of(token)


class ThisToken(ApiView):
    """The token with which a request comes."""

    serializer_class = TokenSerializer
    queryset = Token.objects.all()

    def token(self) -> Token:
        """Return it. Raises Http404 for whoever comes with a session."""
        about: Token | None = getattr(self.request.auth, "about", None)
        if about is None:
            raise Http404("This request came with a session and no token; the page /tokens/ lists yours.")
        return about

    @extend_schema(operation_id="tokens_me", responses=TokenSerializer)
    def get(self, request: Request) -> Response:
        """Say whose token this is, what it may do, and when it expires."""
        return Response(TokenSerializer(self.token()).data)

    @extend_schema(operation_id="tokens_me_revoke", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """End this token at once, as a program does that needs it no more, or fears that somebody else has it."""
        revoke(self.token(), by=person(request), now=clock.current())
        return Response(status=204)
