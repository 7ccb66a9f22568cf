"""Which of the shop's databases a model is in."""


class Archive:
    """The app `stock` has its own database; all others are in the first."""

    def db_for_read(self, model, **hints):
        return "archive" if model._meta.app_label == "stock" else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return (db == "archive") == (app_label == "stock")
