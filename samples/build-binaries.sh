#!/usr/bin/env bash
# Builds samples/binaries/own from samples/sources with Debian's clang-19 and ld64.lld-19; no SDK is needed.
#   build-binaries.sh            rewrites the committed files
#   build-binaries.sh DIR        writes them below DIR instead
#   build-binaries.sh --check    builds elsewhere and says whether the committed files are the same, byte for byte
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
clang=${CLANG:-clang-19}
lld=${LLD:-ld64.lld-19}

check=
out=$here/binaries/own
case "${1:-}" in
  --check) check=1; out=$(mktemp -d); trap 'rm -rf "$out"' EXIT ;;
  ?*) mkdir -p "$1"; out=$(cd "$1" && pwd) ;;
esac

# Relative paths only: nothing of this machine may reach an object file.
cd "$here/sources"
objects=$(mktemp -d)
trap 'rm -rf "$objects" ${check:+"$out"}' EXIT

ios=(-platform_version ios 16.0 16.0)
macos=(-platform_version macos 13.0 13.0)

# compile VERSION SOURCE TARGET OBJECT
compile() {
  "$clang" -target "$3" "-DSAMPLE_VERSION=$1" -O2 -Wall -Wextra -Werror -fno-ident -fvisibility=hidden \
    -fno-stack-protector -ffreestanding -nostdlibinc -Iinclude -c "$2" -o "$4"
}

# dylib VERSION SOURCE NAME INSTALL_NAME LINKER_OPTION...
dylib() {
  local object=$objects/$1-$3.o version=$1 source=$2 name=$3 install=$4
  shift 4
  compile "$version" "$source" arm64-apple-ios16.0 "$object"
  "$lld" -arch arm64 "${ios[@]}" -dylib -install_name "$install" -adhoc_codesign "$@" -o "$dir/$name" "$object" stubs/libSystem.tbd
}

for version in 100 110; do
  dir=$out/${version:0:1}.${version:1:1}
  mkdir -p "$dir"

  zlib=()
  [ "$version" -lt 110 ] || zlib=(stubs/libz.tbd)
  dylib $version sample.c libsample.1.dylib /usr/lib/libsample.1.dylib -fixup_chains -current_version ${version:0:1}.${version:1:1} "${zlib[@]}"
  dylib $version tables.c libsampletables.dylib /usr/lib/libsampletables.dylib
  dylib $version text.c libsampletext.dylib /usr/lib/libsampletext.dylib -fixup_chains
  dylib $version code.c libsamplecode.dylib /usr/lib/libsamplecode.dylib -fixup_chains
  # The same code, built again: only the library's own version and the UUID that follows from it differ.
  dylib $version stable.c libsamplerebuilt.dylib /usr/lib/libsamplerebuilt.dylib -no_fixup_chains -current_version $version
  dylib $version stable.c libsamplestable.dylib /usr/lib/libsamplestable.dylib -no_fixup_chains
  dylib $version stable.c libsamplemoved.dylib /usr/lib/libsamplemoved.dylib -fixup_chains
  dylib $version SampleKit.m SampleKit /System/Library/Frameworks/SampleKit.framework/SampleKit -fixup_chains \
    stubs/libobjc.tbd stubs/CoreFoundation.tbd
  if [ "$version" -lt 110 ]; then
    dylib $version legacy.c libsamplelegacy.dylib /usr/lib/libsamplelegacy.dylib
  else
    dylib $version fresh.c libsamplefresh.dylib /usr/lib/libsamplefresh.dylib -fixup_chains
  fi

  for arch in x86_64 arm64; do
    compile $version fat.c $arch-apple-macos13.0 "$objects/fat.o"
    "$lld" -arch $arch "${macos[@]}" -dylib -install_name /usr/lib/libsamplefat.dylib -adhoc_codesign \
      -o "$dir/libsamplefat.$arch.dylib" "$objects/fat.o" stubs/libSystem.tbd
  done

  compile $version daemon.c arm64-apple-ios16.0 "$objects/daemon.o"
  "$lld" -arch arm64 "${ios[@]}" -fixup_chains -adhoc_codesign -o "$dir/sampled" "$objects/daemon.o" "$dir/libsample.1.dylib" stubs/libSystem.tbd
  compile $version app.c arm64-apple-ios16.0 "$objects/app.o"
  "$lld" -arch arm64 "${ios[@]}" -no_fixup_chains -adhoc_codesign -o "$dir/SampleApp" "$objects/app.o" stubs/libSystem.tbd
  compile $version launchd.c arm64-apple-ios16.0 "$objects/launchd.o"
  "$lld" -arch arm64 "${ios[@]}" -fixup_chains -adhoc_codesign -sectcreate __TEXT __config launchd-config-$version.plist \
    -o "$dir/launchd" "$objects/launchd.o" stubs/libSystem.tbd
done

if [ -n "$check" ]; then
  diff -r "$out" "$here/binaries/own"
  echo "samples/binaries/own: the same, byte for byte"
fi
