"""The form by which a person creates a job."""

from datetime import timedelta

ADD = "/jobs/new/"


def filled(at, **fields):
    run_at = (at + timedelta(minutes=5)).replace(tzinfo=None, microsecond=0).isoformat()
    return {
        "name": "hello",
        "target": "demo.sleep",
        "payload": '{"seconds": 0.1}',
        "queue": "default",
        "run_at": run_at,
        "time_zone": "UTC",
        **fields,
    }
