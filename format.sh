#!/usr/bin/env bash
# Formats the code; with --check it changes nothing and fails where something would change.
set -euo pipefail
cd "$(dirname "$0")"
if [ "${1:-}" = "--check" ]; then
  exec dotnet format whitespace --folder . --verify-no-changes
fi
exec dotnet format whitespace --folder .
