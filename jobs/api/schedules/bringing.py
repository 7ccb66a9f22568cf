"""Bringing schedules of other schedulers by REST, and taking ours out."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import MOST_ERRORS, Strict, TextField
from jobs.api.headers import rate_limits
from jobs.api.problems import CONTENT_TYPE
from jobs.api.rendering import AsAsked
from jobs.api.schedules.definitions import ScheduleView
from jobs.api.schema import RETRY_AFTER
from jobs.api.views import TOO_FAST_ANSWER, person
from jobs.clock import clock
from jobs.models import Schedule
from jobs.permissions import ADD_SCHEDULE, VIEW_SCHEDULE
from jobs.web.bringing import SOURCES, BadTable, NotBrought, Table, TooMuch, bring, exporting, preview

MOST_AT_ONCE = 1000  # entries of a request: all of them are one transaction
MOST_EXPORTED = 10_000  # schedules of an answer


class RowSerializer(Strict):
    """Row of the table that maps commands to targets."""

    command = TextField(required=False, help_text="Exactly this command.")
    pattern = TextField(required=False, help_text="Commands like this; a star stands for any text.")
    target = TextField(help_text="The target that it becomes.")
    payload = serializers.JSONField(required=False, help_text="{1} in it is what the first star stands for.")
    queue = TextField(required=False, help_text="The queue of its jobs.")


class ImportSerializer(Strict):
    """File of another scheduler, and what is to become of it."""

    source = serializers.ChoiceField(choices=[(key, one.label) for key, one in SOURCES.items()])  # type: ignore[assignment] # REST framework takes it away
    text = serializers.CharField(trim_whitespace=False, help_text="The file.")
    zone = TextField(default="UTC", help_text="The zone of the machine that it comes from.")
    table = RowSerializer(many=True, required=False, help_text="What its commands become; the first that fits.")
    apply = serializers.BooleanField(default=False, help_text="Create the schedules. Without it nothing is created.")
    shadow = serializers.BooleanField(
        default=False, help_text="What runs there arrives in shadow: it notes when it would start, and starts nothing."
    )
    only_good = serializers.BooleanField(default=False, help_text="Create the good ones although others are refused.")


class LineSerializer(serializers.Serializer[Any]):
    """Entry of a file: what it means, when it starts, what it becomes, or what is wrong with it."""

    number = serializers.IntegerField(help_text="The line in the file where it begins.")
    name = serializers.CharField()
    dialect = serializers.CharField()
    expression = serializers.CharField(help_text="Of what is refused: its text.")
    zone = serializers.CharField()
    command = serializers.CharField(help_text="What it runs where it comes from.")
    meaning = serializers.CharField()
    starts = serializers.SerializerMethodField(help_text="The next five, with the offset of its zone.")
    target = serializers.CharField()
    payload = serializers.JSONField()
    notes = serializers.ListField(child=serializers.CharField(), help_text="What changes by coming here.")
    is_good = serializers.BooleanField()
    problems = serializers.ListField(child=serializers.CharField())

    @extend_schema_field(serializers.ListField(child=serializers.DateTimeField()))
    def get_starts(self, line: Any) -> list[str]:
        return [start.isoformat() for start in line.starts]


class BroughtSerializer(serializers.Serializer[Any]):
    """Preview of a file, and the schedules that were created of it."""

    good = serializers.IntegerField()
    refused = serializers.IntegerField()
    created = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of schedules; none of a preview.")
    lines = LineSerializer(many=True)


class ImportSchedules(ScheduleView):
    needs = {"POST": ADD_SCHEDULE}
    examples = {
        "POST": {
            "source": "crontab",
            "text": "30 2 * * mon-fri /bin/report\n",
            "zone": "Europe/Berlin",
            "table": [{"pattern": "/bin/report*", "target": "demo.noop"}],
        }
    }
    serializer_class = ImportSerializer

    @extend_schema(
        operation_id="schedules_import",
        request=ImportSerializer,
        parameters=[RETRY_AFTER, *rate_limits.PARAMETERS],
        responses={200: BroughtSerializer, 201: BroughtSerializer, (429, CONTENT_TYPE): TOO_FAST_ANSWER},
    )
    def post(self, request: Request) -> Response:
        """Show what a file of another scheduler would bring; with `apply`, bring it: all of it or nothing, or the good
        ones alone with `only_good`. Needs the permission jobs.add_job, too."""
        self.may_make_jobs()
        given, now, by = self.body(ImportSerializer), clock.current(), person(request)
        try:
            table = Table.of([dict(row) for row in given.get("table", [])])
            asked = {name: given[name] for name in ("source", "text", "zone", "shadow")}
            lines = preview(**asked, table=table, now=now, by=by, most=MOST_AT_ONCE)
        except BadTable as error:
            raise ValidationError({"table": [str(error)]}) from None
        except TooMuch as error:
            raise ValidationError({"text": [str(error)]}) from None
        good = sum(line.is_good for line in lines)
        made: list[Schedule] = []
        if given["apply"]:
            if good:
                self.admission().bulk(good)
            try:
                made = bring(lines, by=by, now=now, only_good=given["only_good"])
            except NotBrought as error:
                said = [f"Line {line.number}: {' '.join(line.problems)}" for line in error.lines[:MOST_ERRORS]]
                raise ValidationError({"text": [str(error), *said]}) from None
        shown = {
            "good": good,
            "refused": len(lines) - good,
            "created": [schedule.pk for schedule in made],
            "lines": lines,
        }
        return Response(BroughtSerializer(shown).data, status.HTTP_201_CREATED if made else status.HTTP_200_OK)


FORMATS = exporting.FORMATS
AS_JSON = {
    "type": "object",
    "properties": {"schedules": {"type": "array", "items": {"type": "object", "additionalProperties": {}}}},
    "required": ["schedules"],
}


class ExportSchedules(ScheduleView):
    needs = {"GET": VIEW_SCHEDULE}
    serializer_class = ImportSerializer
    pagination_class = None
    content_negotiation_class = AsAsked

    @extend_schema(
        operation_id="schedules_export",
        parameters=[OpenApiParameter("format", str, enum=list(FORMATS), default="json")],
        responses={(200, kind): AS_JSON if form == "json" else OpenApiTypes.STR for form, kind in FORMATS.items()},
    )
    def get(self, request: Request) -> HttpResponse:
        """Export the schedules that the caller sees: as JSON or as a crontab, or their next starts of a month as an
        iCalendar feed."""
        form = request.query_params.get("format") or "json"
        if form not in FORMATS:
            raise ValidationError({"format": [f"This is not known; give one of {', '.join(FORMATS)}."]})
        seen = Schedule.objects.within(self.reach).select_related("calendar")
        found = list(seen.order_by("name")[: MOST_EXPORTED + 1])
        if len(found) > MOST_EXPORTED:
            why = f"There are more than {MOST_EXPORTED} schedules; write them with manage.py export_schedules."
            raise ValidationError({"format": [why]})
        text = exporting.written(form, found, now=clock.current())
        return HttpResponse(text, content_type=f"{FORMATS[form]}; charset=utf-8")
