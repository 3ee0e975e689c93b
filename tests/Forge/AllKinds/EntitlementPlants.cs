using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;
using IpswDiff.Forge.Samples;
using IpswDiff.Formats.MachO.CodeSigning;
using static IpswDiff.Forge.AllKinds.Plant;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Forge.AllKinds;

/// <summary>Programs of which the signature alone differs: entitlements in both forms, with values of every kind, and launch constraints.</summary>
internal static class EntitlementPlants
{
    private const string Section = "Entitlements";
    private const string Folder = "/usr/sbin/";

    private static readonly string[] Values = ["values"];

    internal static void Plan(VolumePlants volume)
    {
        Change(volume, "both", ["entitlements: changed by key"], Granting(Dict(("kept", true), ("lost", "x"), ("number", 1))), Granting(Dict(("number", 2), ("gained", true), ("kept", true))),
            Value("gained", null, "true"), Value("lost", "x", null), Value("number", "1", "2"));
        Change(volume, "xml", ["entitlements: XML alone"], In(Dict(("a", 1)), der: false), In(Dict(("a", 2)), der: false), Value("a", "1", "2"));
        Change(
            volume, "der", ["entitlements: DER alone, every kind of value"], In(EveryKind(isNew: false), xml: false), In(EveryKind(isNew: true), xml: false),
            Value("array", """["one","two"]""", """["two",{"deep":false}]"""),
            Value("data", "AQI=", "AQM="),
            Value("dictionary/inside/number", "70000", "70001"),
            Value("large", "1099511627776", "1099511627777"),
            Value("negative", "-129", "-130"),
            Value("string", "old é", "new é"),
            Value("truth", "true", "false"));
        Change(volume, "two", ["entitlements: XML and DER that disagree"], Granting(Dict(("a", 1))), static signer =>
            {
                signer.Entitlements = Dict(("a", 1));
                signer.XmlEntitlements = Dict(("a", 3));
            },
            Value("Entitlements (XML)", null, """{"a":3}"""));
        PlanConstraints(volume);
        PlanOneSided(volume);
    }

    /// <summary>What a cryptex holds.</summary>
    internal static void PlanCryptex(VolumePlants volume) =>
        Change(volume, "app", ["entitlements: in a cryptex"], Granting(Dict(("com.example.private.level", 1))), Granting(Dict(("com.example.private.level", 2))), Value("com.example.private.level", "1", "2"));

    private static void PlanConstraints(VolumePlants volume)
    {
        foreach (var (name, slot, key) in new[]
        {
            ("self", CodeSlot.LaunchConstraintSelf, "Launch Constraints (Self)"),
            ("parent", CodeSlot.LaunchConstraintParent, "Launch Constraints (Parent)"),
            ("responsible", CodeSlot.LaunchConstraintResponsible, "Launch Constraints (Responsible)"),
            ("library", CodeSlot.LibraryConstraint, "Library Constraints"),
        })
        {
            Action<MachOSigner> Asking(string team) => signer => signer.LaunchConstraints[slot] = Dict(("ccat", 0), ("reqs", Dict(("team-identifier", team))));
            Change(volume, name, ["launch constraint: " + name], Asking("old"), Asking("new"), Value(key + "/reqs/team-identifier", "old", "new"));
        }
    }

    private static void PlanOneSided(VolumePlants volume)
    {
        volume.Put(Folder + "fresh", null, Programs.Signed("fresh", Granting(Dict(("secret", true)))), Modes.Program);
        volume.Plant(Section, "added", Folder + "fresh", ["entitlements: added binary"], null, [Value("secret", null, "true")]);
        volume.Plant("MachO", "added", Folder + "fresh", ["binary: added"]);
        volume.Put(Folder + "stale", Programs.Signed("stale", Granting(Dict(("secret", true)))), null, Modes.Program);
        volume.Plant(Section, "removed", Folder + "stale", ["entitlements: removed binary"], null, [Value("secret", "true", null)]);
        volume.Plant("MachO", "removed", Folder + "stale", ["binary: removed"]);
    }

    private static void Change(VolumePlants volume, string name, string[] kinds, Action<MachOSigner> old, Action<MachOSigner> @new, params string[] says)
    {
        volume.Put(Folder + name, Programs.Signed(name, old), Programs.Signed(name, @new), Modes.Program);
        volume.Plant(Section, "changed", Folder + name, kinds, Values, says);
        volume.Plant("MachO", "rebuilt", Folder + name, ["binary: signed again"], ["signature"]);
    }

    private static Action<MachOSigner> Granting(PlistDict entitlements) => In(entitlements);

    private static Action<MachOSigner> In(PlistDict entitlements, bool xml = true, bool der = true) => signer =>
    {
        signer.Entitlements = entitlements;
        signer.WriteXml = xml;
        signer.WriteDer = der;
    };

    private static PlistDict EveryKind(bool isNew) => Dict(
        ("array", isNew ? Array("two", Dict(("deep", false))) : Array("one", "two")),
        ("data", isNew ? new byte[] { 1, 3 } : [1, 2]),
        ("dictionary", Dict(("inside", Dict(("number", isNew ? 70001 : 70000))))),
        ("kept", "as it was"),
        ("large", isNew ? (1L << 40) + 1 : 1L << 40),
        ("negative", isNew ? -130 : -129),
        ("string", isNew ? "new é" : "old é"),
        ("truth", !isNew));
}
