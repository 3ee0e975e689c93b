namespace IpswDiff.Forge.AllKinds;

/// <summary>The kinds of change that the handlers are asked to tell (#5), handler by handler. Each has at least one plant.</summary>
public static class NamedKinds
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "kernelcache: fileset, LZFSE", "kernelcache: __PRELINK_INFO, LZSS", "kernelcache: __PRELINK_INFO in one piece, LZSS without a header",
        "kernelcache: modules, bare", "kernelcache: another name for the same board", "kernelcache: added", "kernelcache: removed", "kernelcache: encrypted",
        "kext: added", "kext: removed", "kext: code", "kext: symbols", "kext: version", "kext: personalities", "kext: rebuilt", "kext: without code", "kernel: code",

        "type: added struct", "type: added union", "type: added enum", "type: added typedef", "type: removed struct", "type: removed union", "type: removed enum",
        "type: removed typedef", "type: changed struct", "type: changed union", "type: changed enum", "type: changed typedef", "type: DWARF 4 in a dSYM", "type: DWARF 5 in the file",

        "firmware: Mach-O", "firmware: raw size, hash and strings", "firmware: added", "firmware: removed", "firmware: encrypted", "firmware: damaged",
        "ftab: LZFSE entry", "ftab: plain entry", "ftab: added", "ftab: removed", "exclave: changed program", "exclave: added program", "exclave: further piece",
        "device tree: added property", "device tree: removed property", "device tree: changed property", "device tree: added node",
        "trust cache: version 0", "trust cache: version 1", "trust cache: version 2", "trust cache: of a volume, by the manifest's key",
        "trust cache: cdhash of a binary in a volume", "trust cache: flags", "archive: member",

        "iBoot: version", "iBoot: strings with offsets", "iBoot: added payload", "iBoot: removed payload", "iBoot: changed payload", "iBSS", "iBEC", "LLB",
        "boot stage: added", "boot stage: removed", "boot stage: encrypted", "boot stage: data beside it",

        "entitlements: changed by key", "entitlements: XML alone", "entitlements: DER alone, every kind of value", "entitlements: XML and DER that disagree",
        "entitlements: added binary", "entitlements: removed binary", "entitlements: in a cryptex", "launch constraint: self", "launch constraint: parent",
        "launch constraint: responsible", "launch constraint: library", "entitlements: unreadable",

        "feature: added flag", "feature: removed flag", "feature: attribute", "feature: exact case", "feature: binary", "feature: added domain", "feature: removed domain", "feature: unreadable",

        "launchd: embedded configuration", "launchd: daemon", "launchd: agent", "launchd: added job", "launchd: removed job", "launchd: label",

        "file: added", "file: removed", "file: size", "file: content of equal size", "file: mode", "file: kind", "symlink: target", "symlink: broken", "directory: added", "directory: removed",
        "directory: moved", "file: moved by its kept hash", "file: member of the archive",

        "binary: added", "binary: removed", "binary: source version", "binary: symbols", "binary: strings", "binary: functions", "binary: libraries", "binary: platform and SDK",
        "binary: slice", "binary: section of equal size", "binary: rebuilt", "binary: signed again", "binary: moved by content", "binary: moved by cdhash", "binary: moved by UUID",
        "binary: moved to another volume", "binary: unreadable", "Objective-C: added class", "Objective-C: removed class", "Objective-C: added method", "Objective-C: removed method",

        "image: added", "image: removed", "image: changed", "image: rebuilt", "image: moved", "image: added method", "image: removed method",

        "strings: text", "strings: binary", "stringsdict", "loctable", "strings: added table", "strings: removed table", "strings: unreadable",
    ];
}
