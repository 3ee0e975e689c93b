using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Plist;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Forge.Samples;

/// <summary>The system cryptex: the libraries whose sources are ours, each with one kind of change.</summary>
internal static class SystemOsVolume
{
    private const string Kit = "/System/Library/Frameworks/SampleKit.framework/";

    public static VolumePlan Plan(SampleBinaries binaries)
    {
        var plan = new VolumePlan("SystemOS");
        SampleBinary Old(string name) => binaries.Load("own/1.0/" + name);
        SampleBinary New(string name) => binaries.Load("own/1.1/" + name);
        void Library(string name, params string[] functions) => plan.ChangeBinary("/usr/lib/" + name, Old(name), New(name), ("arm64", functions));

        Library("libsample.1.dylib", "_sample_checksum");
        Library("libsampletables.dylib");
        Library("libsampletext.dylib");
        Library("libsamplecode.dylib", "_sample_combine");
        SampleBinary Fat(string version) => binaries.LoadFat($"own/{version}/libsamplefat.x86_64.dylib", $"own/{version}/libsamplefat.arm64.dylib");
        plan.ChangeBinary("/usr/lib/libsamplefat.dylib", Fat("1.0"), Fat("1.1"), ("x86_64", []));
        plan.RebuildBinary("/usr/lib/libsamplerebuilt.dylib", Old("libsamplerebuilt.dylib"), New("libsamplerebuilt.dylib"));
        plan.KeepBinary("/usr/lib/libsamplestable.dylib", Old("libsamplestable.dylib"));
        plan.RemoveBinary("/usr/lib/libsamplelegacy.dylib", Old("libsamplelegacy.dylib"));
        plan.AddBinary("/usr/lib/libsamplefresh.dylib", New("libsamplefresh.dylib"));
        plan.MoveBinary("/usr/lib/libsamplemoved.dylib", "/System/Library/PrivateFrameworks/SampleMoved.framework/SampleMoved", Old("libsamplemoved.dylib"));
        plan.ChangeBinary(
            Kit + "SampleKit",
            Old("SampleKit"),
            New("SampleKit"),
            ("arm64", ["-[SKGreeter greetingForName:]", "_SKMakeGreeter"]));
        PlanResources(plan);
        return plan;
    }

    private static void PlanResources(VolumePlan plan)
    {
        PlistDict Info(string version) => Dict(("CFBundleIdentifier", "com.example.SampleKit"), ("CFBundleShortVersionString", version));
        plan.Change(Kit + "Info.plist", Xml(Info("1.0")), Xml(Info("1.1")));
        plan.Change(
            Kit + "en.lproj/Localizable.strings",
            Xml(Dict(("FAREWELL", "Goodbye"), ("GREETING", "Hello"), ("RETIRED", "See you"))),
            Xml(Dict(("FAREWELL", "Goodbye"), ("GREETING", "Good day"), ("SHOUT", "Hey!"))));
        plan.PlantValues(
            PlantedSection.Localizations,
            Kit + "en.lproj/Localizable.strings",
            PlantedKind.Changed,
            new PlantedValue("GREETING", "Hello", "Good day"),
            new PlantedValue("RETIRED", "See you", null),
            new PlantedValue("SHOUT", null, "Hey!"));
        plan.Keep(Kit + "de.lproj/Localizable.strings", ForgeContent.FromBytes(BinaryPlistWriter.Write(Dict(("FAREWELL", "Tschüss"), ("GREETING", "Guten Tag")))));
        plan.KeepLink("/System/Library/Frameworks/SampleKit", "SampleKit.framework/SampleKit");
    }

    private static ForgeContent Xml(PlistDict value) => ForgeContent.FromBytes(XmlPlistWriter.Write(value));
}
