"""Settings of a small project: ours, and one app beside."""

import os

from project.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "shop"]  # noqa: F405
DATABASES["default"]["TEST"] = {"NAME": os.environ["SHOP_DATABASE"]}  # noqa: F405
