"""Command line of `manage.py jobs` and of `runat`: one set of words, over a door into an installation.

The door is REST for `runat`, and the database for `manage.py`."""
