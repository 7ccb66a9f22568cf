#!/bin/sh
# Writes the digest of each image that is used here into docker/.env, as the registry has it now: from then on the same
# bytes are used on all hosts, until this is run again. Needs docker with buildx, and the registry.
set -eu
umask 077
cd "$(dirname "$0")"
[ -f .env ] || { echo "There is no docker/.env yet: cp .env.example .env, and fill it in." >&2; exit 1; }

pinned=$(mktemp)
trap 'rm -f "$pinned"' EXIT
while read -r name image; do
    digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
    case $digest in
        sha256:????????????????????????????????????????????????????????????????) ;;
        *) echo "The registry gave no digest for $image, but '$digest'; nothing was changed." >&2; exit 1 ;;
    esac
    echo "$name=$image@$digest" >> "$pinned"
done <<IMAGES
PYTHON_IMAGE python:3.11-slim
POSTGRES_IMAGE postgres:18
VALKEY_IMAGE valkey/valkey:9
RABBITMQ_IMAGE rabbitmq:4.3
PROMETHEUS_IMAGE prom/prometheus:v3.5.0
IMAGES

# All of them, or none: the file is replaced in one step, and keeps its rights.
grep -vE '^(PYTHON|POSTGRES|VALKEY|RABBITMQ|PROMETHEUS)_IMAGE=' .env > .env.new || true
cat "$pinned" >> .env.new
chmod --reference=.env .env.new
mv .env.new .env
cat "$pinned"
