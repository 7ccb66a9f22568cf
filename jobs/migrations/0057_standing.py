"""Question of which teams there are, what they own, and in which of them an account is: as a function of the database, whose plan a
session keeps. Each request by bearer asks it, and its plan took longer than the rest of what that asks."""

from django.db import migrations

from jobs.models.accounts import names

STANDING = r"""
CREATE FUNCTION jobs_standing(account {key_type}) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(
        SELECT concat_ws(E'\x1f', team.name, mine.{member} IS NOT NULL, owned.kind, owned.name)
        FROM jobs_team AS team LEFT JOIN jobs_ownership AS owned ON owned.team_id = team.id
        LEFT JOIN jobs_team_members AS mine ON mine.team_id = team.id AND mine.{member} = account
    );
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0056_audit_stays")]

    operations = [migrations.RunSQL(STANDING.format(**names()), "DROP FUNCTION jobs_standing")]
