using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Forge.Samples;

/// <summary>Programs with entitlements: changed with their code, changed alone, added and removed with their program.</summary>
internal static class SignedPrograms
{
    private const string Folder = "/usr/libexec/";

    public static void Plan(VolumePlan plan, SampleBinaries binaries)
    {
        SampleBinary Signed(string path, string identifier, PlistDict entitlements)
        {
            var binary = binaries.Load(path);
            return binary with { Bytes = MachOResigner.Sign(binary.Bytes, new MachOSigner(identifier) { Entitlements = entitlements }) };
        }

        plan.ChangeBinary(
            Folder + "sampled",
            Signed("own/1.0/sampled", "com.example.sampled", Dict(("com.apple.security.network.client", true), ("com.example.private.sample", true))),
            Signed("own/1.1/sampled", "com.example.sampled", Dict(("com.example.private.sample", true), ("com.example.sample.level", 2))),
            ("arm64", ["_main"]));
        Entitlements(
            plan,
            Folder + "sampled",
            PlantedKind.Changed,
            new PlantedValue("com.apple.security.network.client", "true", null),
            new PlantedValue("com.example.sample.level", null, "2"));

        plan.ResignBinary(
            Folder + "samplehelper",
            Signed("own/1.0/SampleApp", "com.example.samplehelper", Dict(("com.example.groups", Array("one")))),
            Signed("own/1.0/SampleApp", "com.example.samplehelper", Dict(("com.example.groups", Array("one", "two")))));
        Entitlements(plan, Folder + "samplehelper", PlantedKind.Changed, new PlantedValue("com.example.groups", "one", "one two"));

        PlanGenerated(plan);
    }

    private static void PlanGenerated(VolumePlan plan)
    {
        var entitlements = Dict(("com.example.private.generate", true));
        plan.ChangeBinary(
            Folder + "samplegen",
            GeneratedProgram.Build("10.1.2", SampleUuid.For("samplegen 1.0"), ["_samplegen_1", "_samplegen_2", "_samplegen_3"], ["generated", "in 1.0"], entitlements),
            GeneratedProgram.Build("10.2", SampleUuid.For("samplegen 1.1"), ["_samplegen_1", "_samplegen_3", "_samplegen_4", "_samplegen_5"], ["generated", "in 1.1"], entitlements),
            ("arm64e", []));

        plan.AddBinary(Folder + "sampleguard", GeneratedProgram.Build("1", SampleUuid.For("sampleguard"), ["_sampleguard_1"], ["guard"], Dict(("com.example.private.guard", true))));
        Entitlements(plan, Folder + "sampleguard", PlantedKind.Added, new PlantedValue("com.example.private.guard", null, "true"));
        plan.RemoveBinary(Folder + "samplewatch", GeneratedProgram.Build("1", SampleUuid.For("samplewatch"), ["_samplewatch_9"], ["watch"], Dict(("com.example.private.watch", true))));
        Entitlements(plan, Folder + "samplewatch", PlantedKind.Removed, new PlantedValue("com.example.private.watch", "true", null));
    }

    private static void Entitlements(VolumePlan plan, string path, PlantedKind kind, params PlantedValue[] values)
        => plan.PlantValues(PlantedSection.Entitlements, path, kind, values);
}
