using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Plist;
using static IpswDiff.Forge.FileTree.ForgeContent;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Forge.Samples;

/// <summary>The root volume: programs, daemons and their property lists, and one of every kind of change that a file can have.</summary>
internal static class FileSystemVolume
{
    private const string Node = "/usr/lib/node/";
    private const string Shared = "/usr/share/sample/";

    public static VolumePlan Plan(SampleBinaries binaries)
    {
        var plan = new VolumePlan("FileSystem");
        PlanBinaries(plan, binaries);
        SignedPrograms.Plan(plan, binaries);
        PlanPropertyLists(plan);
        PlanFiles(plan);
        PlanBulk(plan);
        PlanLicences(plan);
        return plan;
    }

    private static void PlanBinaries(VolumePlan plan, SampleBinaries binaries)
    {
        plan.ChangeBinary(Node + "watcher.node", binaries.Load("npm/@parcel/watcher-darwin-arm64/2.5.1/watcher.node"), binaries.Load("npm/@parcel/watcher-darwin-arm64/2.5.6/watcher.node"));
        plan.ChangeBinary(Node + "fsevents.node", binaries.Load("npm/fsevents/2.3.2/fsevents.node"), binaries.Load("npm/fsevents/2.3.3/fsevents.node"));
        const string Cbor = "npm/@cbor-extract/cbor-extract-darwin-arm64/";
        plan.ChangeBinary(Node + "cbor.napi.node", binaries.Load(Cbor + "2.2.0/node.napi.node"), binaries.Load(Cbor + "2.2.2/node.napi.node"));
        plan.KeepBinary(Node + "cbor.abi115.node", binaries.Load(Cbor + "2.2.0/node.abi115.node"));
        plan.AddBinary(Node + "cbor.abi137.node", binaries.Load(Cbor + "2.2.2/node.abi137.node"));
        plan.MoveBinary(Node + "cbor.abi108.node", "/usr/lib/node-legacy/cbor.abi108.node", binaries.Load(Cbor + "2.2.0/node.abi108.node"));

        plan.KeepBinary("/usr/bin/sampletool", binaries.Load("own/1.0/SampleApp"));
        plan.KeepHardLink("/usr/bin/samplealias", "/usr/bin/sampletool");
        plan.ChangeBinary("/sbin/launchd", binaries.Load("own/1.0/launchd"), binaries.Load("own/1.1/launchd"), ("arm64", []));
        plan.PlantValues(
            PlantedSection.Launchd,
            "/sbin/launchd",
            PlantedKind.Changed,
            new PlantedValue("Boot/sample-setup/ProgramArguments", null, "/usr/libexec/sampled --setup"),
            new PlantedValue("Boot/sample-setup/RequireSuccess", null, "true"));
    }

    private static void PlanPropertyLists(VolumePlan plan)
    {
        PlistDict SystemVersion(SampleVersion version) => Dict(
            ("BuildID", version.Build), ("ProductBuildVersion", version.Build), ("ProductName", "Sample OS"), ("ProductVersion", version.Version));
        plan.Change("/System/Library/CoreServices/SystemVersion.plist", Xml(SystemVersion(SampleFirmware.OldVersion)), Xml(SystemVersion(SampleFirmware.NewVersion)));

        const string Features = "/System/Library/FeatureFlags/Domain/";
        PlistDict Flag(bool enabled, string phase) => Dict(("Enabled", enabled), ("DevelopmentPhase", phase));
        plan.Change(
            Features + "Sample.plist",
            Xml(Dict(("quick_start", Flag(false, "UnderDevelopment")), ("old_layout", Flag(true, "FeatureComplete")), ("steady", Flag(true, "FeatureComplete")))),
            Xml(Dict(("quick_start", Flag(true, "FeatureComplete")), ("new_layout", Flag(false, "UnderDevelopment")), ("steady", Flag(true, "FeatureComplete")))));
        plan.PlantValues(
            PlantedSection.Features,
            Features + "Sample.plist",
            PlantedKind.Changed,
            new PlantedValue("new_layout/DevelopmentPhase", null, "UnderDevelopment"),
            new PlantedValue("new_layout/Enabled", null, "false"),
            new PlantedValue("old_layout/DevelopmentPhase", "FeatureComplete", null),
            new PlantedValue("old_layout/Enabled", "true", null),
            new PlantedValue("quick_start/DevelopmentPhase", "UnderDevelopment", "FeatureComplete"),
            new PlantedValue("quick_start/Enabled", "false", "true"));

        // Binary on one side, XML on the other, and the same to say: the file changed, its flags did not.
        var steady = Dict(("calm", Flag(true, "FeatureComplete")));
        plan.Change(Features + "Steady.plist", FromBytes(BinaryPlistWriter.Write(steady)), Xml(steady));

        const string Daemons = "/System/Library/LaunchDaemons/";
        plan.Change(
            Daemons + "com.example.sampled.plist",
            Xml(Dict(("Label", "com.example.sampled"), ("ProgramArguments", Array("/usr/libexec/sampled")), ("RunAtLoad", true))),
            Xml(Dict(("Label", "com.example.sampled"), ("ProgramArguments", Array("/usr/libexec/sampled")), ("RunAtLoad", false), ("KeepAlive", true))));
        plan.PlantValues(
            PlantedSection.Launchd,
            Daemons + "com.example.sampled.plist",
            PlantedKind.Changed,
            new PlantedValue("KeepAlive", null, "true"),
            new PlantedValue("RunAtLoad", "true", "false"));
        plan.Add(Daemons + "com.example.setup.plist", Xml(Dict(("Label", "com.example.setup"), ("Program", "/usr/bin/sampletool"))));
        plan.PlantValues(
            PlantedSection.Launchd,
            Daemons + "com.example.setup.plist",
            PlantedKind.Added,
            new PlantedValue("Label", null, "com.example.setup"),
            new PlantedValue("Program", null, "/usr/bin/sampletool"));
        plan.Remove(Daemons + "com.example.legacy.plist", Xml(Dict(("Label", "com.example.legacy"), ("Program", "/usr/bin/samplealias"))));
        plan.PlantValues(
            PlantedSection.Launchd,
            Daemons + "com.example.legacy.plist",
            PlantedKind.Removed,
            new PlantedValue("Label", "com.example.legacy", null),
            new PlantedValue("Program", "/usr/bin/samplealias", null));
    }

    private static void PlanFiles(VolumePlan plan)
    {
        plan.KeepLink("/etc", "private/etc");
        plan.KeepLink("/var", "private/var");
        plan.Keep("/private/etc/hosts", FromText("127.0.0.1\tlocalhost\n"));
        plan.Change("/private/etc/sample.conf", FromText("level = 1\n"), FromText("level = 1\nverbose = yes\n"));
        plan.Change("/private/etc/motd", FromText("Welcome to 1.0\n"), FromText("Welcome to 1.1\n"));
        var secrets = FromText("nothing to hide\n");
        plan.Change("/private/etc/sample.secrets", secrets, secrets, Modes.File, Modes.PrivateFile);
        var script = FromText("#!/bin/sh\nexec /usr/bin/sampletool \"$@\"\n");
        plan.Change("/usr/bin/samplesu", script, script, Modes.Program, Modes.SetUserIdProgram);

        plan.Keep(Shared + "1.0/data.txt", FromText("data of 1.0\n"));
        plan.Add(Shared + "1.1/data.txt", FromText("data of 1.1\n"));
        plan.Remove(Shared + "retired/data.txt", FromText("data of 0.9\n"));
        plan.ChangeLink(Shared + "Current", "1.0", "1.1");
        plan.KeepLink(Shared + "dangling", "nowhere/at/all");
        plan.AddLink(Shared + "lost", "../gone/without/trace");
        plan.FileBecomesLink(Shared + "readme.txt", FromText("Read the data of 1.0.\n"), "1.0/data.txt");
        plan.FileBecomesDirectory(Shared + "pack", FromText("packed"), "unpacked.txt", FromText("unpacked\n"));
        plan.AddHardLink(Shared + "1.0/also-data.txt", Shared + "1.0/data.txt");

        // Names that a report has to escape, and one as long as names get.
        plan.Add(Shared + "a|b `c` *d* <e> [f](g).txt", FromText("Markdown\n"));
        plan.Keep(Shared + "schön, 日本語.txt", FromText("Unicode\n"));
        plan.Keep(Shared + new string('n', 251) + ".txt", FromText("long\n"));
        plan.Keep(Shared + "empty", Empty);

        const int Megabyte = 1024 * 1024;
        ForgeContent SparseImage(string middle) => Sparse(4 * Megabyte, (0, "first block"u8.ToArray()), (3 * Megabyte, System.Text.Encoding.ASCII.GetBytes(middle)));
        plan.Change("/private/var/sample/sparse.img", SparseImage("the middle of 1.0"), SparseImage("the middle of 1.1"));
        plan.Keep("/private/var/sample/hole.img", Sparse(3 * Megabyte));
    }

    // Enough names that the volume's trees have more than one level.
    private static void PlanBulk(VolumePlan plan)
    {
        for (var i = 0; i < 320; i++)
        {
            plan.Keep($"/usr/share/zones/{(char)('a' + (i % 8))}/zone-{i:d3}", FromText($"zone {i}, offset {(i * 37) % 24}\n"));
        }
    }

    // The packages' licences ask to travel with the binaries.
    private static void PlanLicences(VolumePlan plan)
    {
        foreach (var (package, version) in SampleBinaries.Packages)
        {
            plan.Keep($"/usr/share/licenses/{package}/LICENSE", FromBytes(SampleBinaries.Read($"npm/{package}/{version}/LICENSE")));
        }
    }

    private static ForgeContent Xml(PlistDict value) => FromBytes(XmlPlistWriter.Write(value));
}
