#!/usr/bin/env bash
# Sets up what the build and the tests need and runs every test. Works with the .NET SDK and the package registries alone;
# tests whose witness programs or sample files are absent skip and say so.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# Azurite, the emulator of Azure Storage; without npm the tests that need it skip.
if command -v npm >/dev/null; then
  npm ci --prefix tests --no-audit --no-fund --loglevel=error >/dev/null
else
  echo "NOTICE: npm is not installed: tests against Azurite will be skipped"
fi

dotnet restore IpswDiff.sln --locked-mode -v quiet
dotnet build IpswDiff.sln -c Release --no-restore -v quiet --nologo

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
for project in tests/*.Tests tests/EndToEnd; do
  name=$(basename "$project")
  echo "== $name"
  dotnet exec "$project/bin/Release/net10.0/IpswDiff.$name.dll" -noColor -noLogo -xml "$results/$name.xml" || status=$?
done

# One line for people and machines, summed over the projects' result files.
count() { grep -ho '<assembly [^>]*' "$results"/*.xml | grep -oE " $1=\"[0-9]+\"" | grep -oE '[0-9]+' | awk '{n += $1} END {print n + 0}'; }
total=$(count total) passed=$(count passed) failed=$(count failed) skipped=$(count skipped) errors=$(count errors)
if [ "$skipped" -gt 0 ]; then
  echo "NOTICE: $skipped tests were skipped; README.md says in one line how to have every program that is missing here:"
  sed 's/></>\n</g' "$results"/*.xml | grep -ho '<reason>.*</reason>' |
    sed -E -e 's/<!\[CDATA\[//; s/\]\]>//; s/<[^>]*>//g' -e 's/^the optional sample .* is absent$/optional sample files are absent (IPSWDIFF_SAMPLES)/' |
    sort | uniq -c | sort -rn
fi
if [ "$total" -eq 0 ]; then
  echo "no test ran"
  exit 1
fi
echo "$passed passed, $((failed + errors)) failed, $skipped skipped"
exit "$status"
