"""The look: django-unfold where it is installed, Django's own admin where it is not. Nothing else knows which."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.db import models
from django.http import HttpRequest

from jobs.admin.taking_out import TakesOut

TIE = re.compile(r"\w+ object \(\d+\)$")  # a row that has no name


def named(found: list[Any]) -> list[Any]:
    """Return this list of rows, and lists of rows, without those that have no name."""
    lists = (named(one) if isinstance(one, list) else one for one in found)
    return [one for one in lists if not (isinstance(one, str) and TIE.search(one))]


if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.forms import ModelForm

    UNFOLD = True
else:
    UNFOLD = apps.is_installed("unfold")
    if UNFOLD:
        from unfold import admin
    else:
        from django.contrib import admin

    # Django's classes take no type in brackets when they run, only when they are checked.
    class Typed:
        def __class_getitem__(cls, models: object) -> type:
            return cls

    class ModelAdmin(Typed, TakesOut, admin.ModelAdmin):
        def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
            """Leave out what ties rows to rows, such as `Team_members object (1)`: it is counted above the list."""
            found, *more = super().get_deleted_objects(objs, request)
            return named(found), *more

        def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
            """Refuse what asks for rows by their arguments: the answer tells what is secret in them."""
            return "payload" not in lookup.split("__") and super().lookup_allowed(lookup, value, request)

    class TabularInline(Typed, admin.TabularInline):
        def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
            """Name each field for those who do not see the head of its column."""
            field = super().formfield_for_dbfield(db_field, request, **kwargs)
            if field is not None:
                field.widget.attrs.setdefault("aria-label", str(field.label))
                getattr(field.widget, "widget", field.widget).attrs.setdefault("aria-label", str(field.label))
            return field

    class ModelForm(Typed, forms.ModelForm):
        pass


__all__ = ["ModelAdmin", "ModelForm", "TabularInline", "ToRead", "dress", "dress_widget"]


class ToRead:
    """Mixed into a ModelAdmin: people look, programs write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


def dress(form: forms.Form) -> None:
    """Give a plain form the theme's classes, and tie each error to its field for those who cannot see it."""
    for name, field in form.fields.items():
        dress_widget(field.widget)
        if name == "payload" and not UNFOLD:
            field.widget.attrs.setdefault("cols", 60)


def dress_widget(widget: forms.Widget) -> None:
    """Give a widget the theme's classes."""
    classes = [widget.attrs.get("class", "")]
    if UNFOLD:
        from unfold import widgets  # noqa: PLC0415 - only where it is installed

        if isinstance(widget, forms.CheckboxInput):
            classes += widgets.CHECKBOX_CLASSES
        elif isinstance(widget, forms.Select):
            classes += widgets.SELECT_CLASSES
        elif isinstance(widget, forms.Textarea):
            classes += widgets.TEXTAREA_CLASSES
        else:
            classes += widgets.INPUT_CLASSES
    widget.attrs["class"] = " ".join(filter(None, classes))
