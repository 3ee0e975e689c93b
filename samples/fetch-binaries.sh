#!/usr/bin/env bash
# Fetches the npm packages of samples/binaries/npm again, proves each by the integrity hash below, and writes the files that the
# samples use. With --check it compares them with the committed ones instead. Needs npm and the npm registry.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$here/binaries/npm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ "${1:-}" != --check ] || out=$work/out

# fetch PACKAGE VERSION INTEGRITY PLACE FILE...
fetch() {
  local package=$1 version=$2 integrity=$3 place=$out/$4/$2
  shift 4
  local folder=$work/$package/$version archive
  mkdir -p "$folder" "$place"
  archive=$(cd "$folder" && npm pack "$package@$version" --silent 2>/dev/null | tail -1)
  local got
  got=sha512-$(openssl dgst -sha512 -binary "$folder/$archive" | base64 -w0)
  [ "$got" = "$integrity" ] || { echo "$package@$version is $got, not $integrity" >&2; exit 1; }
  tar -xzf "$folder/$archive" -C "$folder"
  for file in "$@"; do
    install -m 644 "$folder/package/$file" "$place/$file"
  done
}

fetch @parcel/watcher-darwin-arm64 2.5.1 sha512-eAzPv5osDmZyBhou8PoF4i6RQXAfeKL9tjb3QzYuccXFMQU0ruIc/POh30ePnaOyD1UXdlKguHBmsTs53tVoPw== \
  @parcel/watcher-darwin-arm64 watcher.node LICENSE
fetch @parcel/watcher-darwin-arm64 2.5.6 sha512-Z2ZdrnwyXvvvdtRHLmM4knydIdU9adO3D4n/0cVipF3rRiwP+3/sfzpAwA/qKFL6i1ModaabkU7IbpeMBgiVEA== \
  @parcel/watcher-darwin-arm64 watcher.node LICENSE
fetch fsevents 2.3.2 sha512-xiqMQR4xAeHTuB9uWm+fFRcIOgKBMiOBP+eXiyT7jsgVCq1bkVygt00oASowB7EdtpOHaaPgKt812P9ab+DDKA== \
  fsevents fsevents.node LICENSE
fetch fsevents 2.3.3 sha512-5xoDfX+fL7faATnagmWPpbFtwh/R77WmMMqqHGS65C3vvB0YHrgF+B1YmZ3441tMj5n63k0212XNoJwzlhffQw== \
  fsevents fsevents.node LICENSE
fetch @cbor-extract/cbor-extract-darwin-arm64 2.2.0 sha512-P7swiOAdF7aSi0H+tHtHtr6zrpF3aAq/W9FXx5HektRvLTM2O89xCyXF3pk7pLc7QpaY7AoaE8UowVf9QBdh3w== \
  @cbor-extract/cbor-extract-darwin-arm64 node.napi.node node.abi108.node node.abi115.node
fetch @cbor-extract/cbor-extract-darwin-arm64 2.2.2 sha512-ZKZ/F8US7JR92J4DMct6cLW/Y66o2K576+zjlEN/MevH70bFIsB10wkZEQPLzl2oNh2SMGy55xpJ9JoBRl5DOA== \
  @cbor-extract/cbor-extract-darwin-arm64 node.napi.node node.abi137.node
# The platform packages of cbor-extract carry no licence text of their own: it stands in the main package.
fetch cbor-extract 2.2.0 sha512-Ig1zM66BjLfTXpNgKpvBePq271BPOvu8MR0Jl080yG7Jsl+wAZunfrwiwA+9ruzm/WEdIV5QF/bjDZTqyAIVHA== \
  @cbor-extract/cbor-extract-darwin-arm64 LICENSE
fetch cbor-extract 2.2.2 sha512-hlSxxI9XO2yQfe9g6msd3g4xCfDqK5T5P0fRMLuaLHhxn4ViPrm+a+MUfhrvH2W962RGxcBwEGzLQyjbDG1gng== \
  @cbor-extract/cbor-extract-darwin-arm64 LICENSE

if [ "${1:-}" = --check ]; then
  diff -r "$out" "$here/binaries/npm"
  echo "samples/binaries/npm: the same, byte for byte"
fi
