namespace IpswDiff.Diffing.Reports;

/// <summary>What the field calls a handler's section, and where its pages go.</summary>
/// <param name="Heading">The section's heading.</param>
/// <param name="Folder">The folder of its pages.</param>
/// <param name="ListHeading">The heading above lists of items that lie in one place only; null for none.</param>
internal sealed record SectionLayout(string Heading, string Folder, string? ListHeading)
{
    public static SectionLayout Of(string handler) => handler switch
    {
        "MachO" => new SectionLayout(handler, "MACHOS", null),
        "SharedCache" => new SectionLayout("DSC", "DYLIBS", "Dylibs"),
        "Kernelcache" => new SectionLayout("Kernel", "KEXTS", "Kexts"),
        "Kdk" => new SectionLayout("KDK", "KDK", null),
        "IBoot" => new SectionLayout("iBoot", "IBOOT", null),
        "Entitlements" => new SectionLayout("🔑 Entitlements", "ENTITLEMENTS", null),
        "Features" => new SectionLayout("Feature Flags", "FEATURES", null),
        _ => new SectionLayout(handler, handler.ToUpperInvariant(), null),
    };
}
