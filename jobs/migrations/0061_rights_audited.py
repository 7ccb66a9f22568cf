"""Triggers that write to the audit who got which rights: by whatever way they are given, plain SQL included. See ADR 56.

Who does it says `runat.said`, a setting of the transaction (jobs/rights/said.py); where nothing says so, the entry has the role of the
database and the program. `by_id` stays empty: it would hinder who deletes his own account.
"""

from django.contrib.auth import get_user_model
from django.db import migrations

from jobs.models.accounts import AUTHENTICATORS, has, names

# Accounts are those of the project's own user model.
WHOSE = names()
ACCOUNT = get_user_model()
FIELDS = {field.name: field.column for field in ACCOUNT._meta.concrete_fields}
COUNT = [FIELDS[name] for name in ("is_active", "is_staff", "is_superuser", "password") if name in FIELDS]

NOTE = """
CREATE FUNCTION jobs_audit_note(its_subject text, its_name text, its_before jsonb, its_after jsonb, its_verb text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    said jsonb := nullif(current_setting('runat.said', true), '')::jsonb;
    else_ text := format('As the role %s of the database, by %s.', session_user,
        coalesce(nullif(current_setting('application_name'), ''), 'a program without a name'));
BEGIN
    INSERT INTO jobs_audit (subject, name, verb, by_name, by_token, reason, at, before, after)
    VALUES (its_subject, left(its_name, 255), its_verb, coalesce(said ->> 'by_name', ''), coalesce(said ->> 'by_token', ''),
        coalesce(said ->> 'reason', else_), clock_timestamp(), its_before, its_after);
END $$;
REVOKE ALL ON FUNCTION jobs_audit_note(text, text, jsonb, jsonb, text) FROM PUBLIC;
"""
# Arguments: the subject, the column that names it, and those that count. Of a password only that it is another.
OF_A_ROW = """
CREATE FUNCTION jobs_audit_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    was jsonb;
    became jsonb;
    name text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT jsonb_object_agg(key, value) INTO was FROM jsonb_each(to_jsonb(OLD)) WHERE key = ANY (TG_ARGV[2:]);
        name := was ->> TG_ARGV[1];
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT jsonb_object_agg(key, value) INTO became FROM jsonb_each(to_jsonb(NEW)) WHERE key = ANY (TG_ARGV[2:]);
        name := coalesce(name, became ->> TG_ARGV[1]);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF was = became THEN
            RETURN NULL;
        END IF;
        SELECT jsonb_object_agg(one.key, one.value), jsonb_object_agg(one.key, became -> one.key) INTO was, became
        FROM jsonb_each(was) AS one WHERE one.value IS DISTINCT FROM became -> one.key;
        IF became ? 'password' THEN
            became := became || '{"password": "stored anew"}';
        END IF;
    ELSE
        became := became - 'password';
    END IF;
    PERFORM jobs_audit_note(TG_ARGV[0], name, was - 'password', became,
        CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'DELETE' THEN 'delete' ELSE 'change' END);
    RETURN NULL;
END $$
"""
# Arguments: the subject, what it is given or loses, the statement that finds whose it is and which, and on which side it stands.
OF_ROWS = """
CREATE FUNCTION jobs_audit_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    its record;
    told jsonb;
BEGIN
    FOR its IN EXECUTE TG_ARGV[2] LOOP
        told := jsonb_build_object(TG_ARGV[1], its.things);
        PERFORM jobs_audit_note(TG_ARGV[0], its.name,
            CASE TG_ARGV[3] WHEN 'before' THEN told END, CASE TG_ARGV[3] WHEN 'after' THEN told END, 'change');
    END LOOP;
    RETURN NULL;
END $$
"""
OF_AUTHENTICATORS = """
CREATE FUNCTION jobs_audit_authenticator() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    was boolean := TG_OP <> 'INSERT' AND OLD.confirmed;
    became boolean := TG_OP <> 'DELETE' AND NEW.confirmed;
BEGIN
    IF was <> became THEN
        PERFORM jobs_audit_note('account', (SELECT {name} FROM {users} WHERE {key} = coalesce(NEW.user_id, OLD.user_id)),
            jsonb_build_object('authenticator', was), jsonb_build_object('authenticator', became), 'change');
    END IF;
    RETURN NULL;
END $$
"""
ROWS = {
    ACCOUNT._meta.db_table: ("account", FIELDS[ACCOUNT.USERNAME_FIELD], FIELDS[ACCOUNT.USERNAME_FIELD], *COUNT),
    "auth_group": ("group", "name", "name"),
    "jobs_team": ("team", "name", "name", "description"),
    "jobs_targetrule": ("target", "target", "target", "switched_off", "dangerous", "reason"),
}
PERMISSION = "type.app_label || '.' || its.codename"
OF_PERMISSIONS = "JOIN auth_permission AS its ON its.id = one.permission_id JOIN django_content_type AS type ON type.id = its.content_type_id"
LINKS = {
    WHOSE["user_groups"]: (
        "account",
        "groups",
        "SELECT whose.{name} AS name, jsonb_agg(its.name ORDER BY its.name) AS things FROM changed AS one "
        "JOIN {users} AS whose ON whose.{key} = one.{user_of_group} JOIN auth_group AS its ON its.id = one.group_id "
        "GROUP BY 1".format(**WHOSE),
    ),
    WHOSE["user_permissions"]: (
        "account",
        "permissions",
        f"SELECT whose.{WHOSE['name']} AS name, jsonb_agg({PERMISSION} ORDER BY {PERMISSION}) AS things "
        f"FROM changed AS one JOIN {WHOSE['users']} AS whose ON whose.{WHOSE['key']} = one.{WHOSE['user_of_permission']} "
        f"{OF_PERMISSIONS} GROUP BY 1",
    ),
    "auth_group_permissions": (
        "group",
        "permissions",
        f"SELECT whose.name, jsonb_agg({PERMISSION} ORDER BY {PERMISSION}) AS things FROM changed AS one "
        f"JOIN auth_group AS whose ON whose.id = one.group_id {OF_PERMISSIONS} GROUP BY 1",
    ),
    "jobs_team_members": (
        "team",
        "members",
        "SELECT whose.name, jsonb_agg(its.{name} ORDER BY its.{name}) AS things FROM changed AS one "
        "JOIN jobs_team AS whose ON whose.id = one.team_id JOIN {users} AS its ON its.{key} = one.{member} "
        "GROUP BY 1".format(**WHOSE),
    ),
    "jobs_ownership": (
        "team",
        "owns",
        "SELECT whose.name, jsonb_agg(one.kind || ' ' || one.name ORDER BY one.kind, one.name) AS things "
        "FROM changed AS one JOIN jobs_team AS whose ON whose.id = one.team_id GROUP BY 1",
    ),
}
# When, which rows, on which side they stand, and how the trigger is called.
SIDES = (
    ("INSERT", "NEW", "after", "given"),
    ("DELETE", "OLD", "before", "taken"),
    ("UPDATE", "OLD", "before", "changed_from"),
    ("UPDATE", "NEW", "after", "changed_to"),
)


def _arguments(*texts):
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


def _triggers():
    for table, (subject, name, *columns) in ROWS.items():
        yield table, "jobs_audit_row", (
            f"AFTER INSERT OR DELETE OR UPDATE OF {', '.join(columns)} ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION jobs_audit_row({_arguments(subject, name, *columns)})"
        )
    for table, arguments in LINKS.items():
        for event, rows, side, called in SIDES:
            yield table, f"jobs_audit_{called}", (
                f"AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT "
                f"EXECUTE FUNCTION jobs_audit_rows({_arguments(*arguments, side)})"
            )
    if has(AUTHENTICATORS):
        yield "otp_totp_totpdevice", "jobs_audit_authenticator", (
            "AFTER INSERT OR DELETE OR UPDATE OF confirmed ON otp_totp_totpdevice FOR EACH ROW "
            "EXECUTE FUNCTION jobs_audit_authenticator()"
        )


MAKE = [f"CREATE TRIGGER {name} {what}" for _, name, what in _triggers()]
DROP = [f"DROP TRIGGER {name} ON {table}" for table, name, _ in _triggers()]
FUNCTIONS = (
    "jobs_audit_authenticator()",
    "jobs_audit_rows()",
    "jobs_audit_row()",
    "jobs_audit_note(text, text, jsonb, jsonb, text)",
)
# How often something was refused in an hour: of it only so many entries are written. It may be lost with a crash.
COUNTED = """
CREATE UNLOGGED TABLE jobs_noted (
    what text PRIMARY KEY CHECK (length(what) <= 300), since timestamptz NOT NULL, times bigint NOT NULL
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0060_audit_found"),
        ("auth", "0012_alter_user_first_name_max_length"),
        *([("otp_totp", "0003_add_timestamps")] if has(AUTHENTICATORS) else []),
    ]

    operations = [
        # As in 0003: behind a long transaction, give up and let the operator run the migration again.
        migrations.RunSQL("SET LOCAL lock_timeout = '800ms'", migrations.RunSQL.noop),
        migrations.RunSQL(COUNTED, "DROP TABLE jobs_noted"),
        migrations.RunSQL(
            [(text, None) for text in (NOTE, OF_A_ROW, OF_ROWS, OF_AUTHENTICATORS.format(**WHOSE))],
            [f"DROP FUNCTION {name}" for name in FUNCTIONS],
        ),
        migrations.RunSQL([(text, None) for text in MAKE], DROP),
    ]
