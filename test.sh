#!/usr/bin/env bash
# Sets up what the build and the tests need and runs every test. Works with the .NET SDK and the package registries alone;
# tests whose witness programs or sample files are absent skip and say so.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

dotnet restore IpswDiff.sln --locked-mode
dotnet build IpswDiff.sln -c Release --no-restore -v quiet

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
for project in tests/*.Tests tests/EndToEnd; do
  name=$(basename "$project")
  dotnet test "$project" -c Release --no-build --nologo -v quiet \
    --logger "trx;LogFileName=$name.trx" --results-directory "$results" || status=$?
done

# One line for people and machines, summed over the projects' result files.
count() { cat "$results"/*.trx 2>/dev/null | grep -o "<Counters [^>]*" | grep -oE " $1=\"[0-9]+\"" | grep -oE '[0-9]+' | awk '{n+=$1} END {print n+0}'; }
total=$(count total) passed=$(count passed) failed=$(count failed)
skipped=$((total - passed - failed))
if [ "$skipped" -gt 0 ]; then
  echo "Skipped:"
  cat "$results"/*.trx | grep -A3 'outcome="NotExecuted"' | grep -oE 'testName="[^"]*"' | sort | uniq | sed 's/testName=/  /' | head -n 50
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$total" -gt 0 ] || { echo "no test ran"; exit 1; }
exit "$status"
