# Sourced by the scripts that need npm: `npm_folder PACKAGE@VERSION ...` goes into a folder with these packages, which is
# removed at the end.
# shellcheck shell=bash

npm_folder() {
	if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
		echo "This script needs Node.js 20 or newer and npm." >&2
		exit 77
	fi
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	cd "$tmp" || exit
	npm install --silent --no-audit --no-fund --ignore-scripts "$@"
}
