#!/usr/bin/env bash
# Guess: sign() takes a moment; the same moment in two zones has the same signature, and verify() accepts it.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" standardwebhooks==1.1.0 tzdata==2026.6
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from base64 import b64encode
from datetime import datetime, timezone
from importlib.metadata import version
from zoneinfo import ZoneInfo

from standardwebhooks import Webhook, WebhookVerificationError

print("standardwebhooks", version("standardwebhooks"))
print("guess: one moment has one signature, whatever zone it is written in")

webhook = Webhook(b64encode(bytes(range(24))).decode())
now = datetime.now(timezone.utc).replace(microsecond=0)


def accepted(moment: datetime) -> bool:
    body = '{"type":"job.completed"}'
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": webhook.sign("msg_1", moment, body),
    }
    try:
        return webhook.verify(body, headers) is not None
    except WebhookVerificationError as error:
        print(f"  {moment.isoformat()}: {error}")
        return False


seen = {zone: accepted(now.astimezone(ZoneInfo(zone))) for zone in ("UTC", "Asia/Tokyo")}
unexpected = {"UTC": True, "Asia/Tokyo": False}

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing: the clock of the zone is signed as if it were UTC, and the receiver refuses it")
EOF
