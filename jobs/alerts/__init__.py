"""Alerts: what is wrong is found before anybody asks, said once to whom it concerns, and said to be over.

`facts` asks, `judging` says what is wrong (pure), `keeping` makes alerts of it, `sending` has them sent, and `watcher`
does all that in its turns, in the process `manage.py watch`. See docs/alerts.md.
"""
