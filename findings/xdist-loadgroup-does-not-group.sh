#!/usr/bin/env bash
# Guess: with --dist loadgroup, tests marked xdist_group("one") run on one worker, or pytest-xdist refuses a pytest it does not know.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
pip() { python3 -m pip install -qq --disable-pip-version-check "$@"; }
pip --target "$tmp/old" pytest==9.1.1 pytest-xdist==3.8.0
pip --target "$tmp/new" pytest==9.2.0 pytest-xdist==3.8.0
cat >"$tmp/test_four.py" <<'EOF'
import os
import time

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(4))
def test_with_the_others(number):
    time.sleep(0.5)
    with open("ran.txt", "a") as log:
        print(os.environ["PYTEST_XDIST_WORKER"], file=log)
EOF
cd "$tmp"
echo "guess: four tests of one group run on one worker"
workers() {
    rm -f ran.txt
    PYTHONPATH="$tmp/$1" python3 -S -m pytest -q -p no:cacheprovider -n 2 --dist loadgroup test_four.py >"$tmp/$1.txt" || { cat "$tmp/$1.txt"; exit 1; }
    sort -u ran.txt | wc -l
}
old=$(workers old)
new=$(workers new)
echo "seen: pytest 9.1.1 with pytest-xdist 3.8.0: $old worker; pytest 9.2.0 with the same: $new workers, no warning"
if [[ "$old $new" != "1 2" ]]; then
    echo "CHANGED: on the day of writing it was 1 worker, then 2"
    exit 1
fi
echo "a miss, as on the day of writing"
