"""The look: django-unfold where it is installed, Django's own admin where it is not. Nothing else knows which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.db import models
from django.http import HttpRequest

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

    class ModelAdmin(Typed, admin.ModelAdmin):
        pass

    class TabularInline(Typed, admin.TabularInline):
        pass

    class ModelForm(Typed, forms.ModelForm):
        pass


__all__ = ["ModelAdmin", "ModelForm", "TabularInline", "ToRead", "dress"]


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
        widget = field.widget
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
        if name == "payload" and not UNFOLD:
            widget.attrs.setdefault("cols", 60)
