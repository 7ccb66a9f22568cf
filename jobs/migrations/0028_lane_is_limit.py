"""The model Lane is called Limit, as it is everywhere else. Its table keeps its name, and nothing of it is locked: processes
of the release before, and SQL, go on with it. Who had rights on lanes has them on limits, and what the admin's log says of
lanes it says of limits; backwards the same. Django renames the content type by itself, but never the codenames."""

from django.db import migrations

VERBS = ("view", "add", "change", "delete", "pause")


def call_it(new, old):
    """The content type and its permissions by the new name. Where both are there (a process of the other release has
    logged something, or was migrated, meanwhile), the rights and log entries of both are those of one."""

    def move(apps, schema_editor):
        alias = schema_editor.connection.alias
        types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
        found = {one.model: one for one in types.filter(app_label="jobs", model__in=(old, new))}
        if not found:
            return  # a new database: it gets its permissions when all migrations are through
        kept, other = found.get(old) or found[new], found.get(new) if old in found else None
        permissions = apps.get_model("auth", "Permission").objects.using(alias).filter(content_type__in=found.values())
        for verb in VERBS:
            names = (f"{verb}_{old}", f"{verb}_{new}")
            of_verb = sorted(permissions.filter(codename__in=names), key=lambda one: one.content_type_id != kept.pk)
            for twin in of_verb[1:]:
                of_verb[0].group_set.add(*twin.group_set.all())
                of_verb[0].user_set.add(*twin.user_set.all())
                twin.delete()
            for one in of_verb[:1]:
                one.codename, one.content_type_id = names[1], kept.pk
                one.save()
        if other is not None:
            permissions.filter(content_type=other).update(content_type=kept)
            entries = apps.get_model("admin", "LogEntry").objects.using(alias)
            entries.filter(content_type=other).update(content_type=kept)
            other.delete()
        kept.model = new
        kept.save()

    return move


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0027_described_in_one_place"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunPython(call_it("limit", old="lane"), call_it("lane", old="limit")),
        migrations.AlterModelTable("lane", "jobs_lane"),
        migrations.RenameModel("Lane", "Limit"),
        migrations.AlterModelOptions(
            "limit",
            {
                "ordering": ["kind", "name"],
                "permissions": [("pause_limit", "Can pause and resume queues and keys")],
                "verbose_name": "limit of a queue or key",
                "verbose_name_plural": "limits of queues and keys",
            },
        ),
    ]
