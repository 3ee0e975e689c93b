using IpswDiff.Forge.Plist;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.MachO;

/// <summary>A small image with something of everything, for tests of writers and readers.</summary>
public static class ExampleImage
{
    public static MachOArch Arch(string name) => name switch
    {
        "arm64" => MachOArch.Arm64,
        "arm64e" => MachOArch.Arm64e,
        "arm64.x1" => MachOArch.Arm64X1,
        "arm64e.x1" => MachOArch.Arm64EX1,
        "arm64_32" => MachOArch.Arm6432,
        "armv7" => MachOArch.Armv7,
        "armv7k" => MachOArch.Armv7k,
        "x86_64" => MachOArch.X8664,
        "x86_64h" => MachOArch.X8664h,
        "i386" => MachOArch.I386,
        "ppc" => MachOArch.PowerPC,
        _ => throw new ArgumentException($"no arch {name}", nameof(name)),
    };

    public static PlistDict Entitlements { get; } = ForgePlist.Dict(
        ("application-identifier", "TEAM123456.com.example.tool"),
        ("com.apple.private.limit", 70000),
        ("com.apple.private.offset", -129),
        ("com.apple.security.exception.paths", ForgePlist.Array("/var/db/", "/private/etc/\u00e9")),
        ("com.apple.security.nested", ForgePlist.Dict(("a", true), ("b", ForgePlist.Array()))),
        ("get-task-allow", false));

    public static MachOBuilder Create(MachOArch arch, MachOFileType fileType)
    {
        var builder = new MachOBuilder(arch, fileType)
        {
            SourceVersion = "1234.5.6.7.8",
            InstallName = fileType == MachOFileType.Dylib ? "/usr/lib/libexample.dylib" : null,
            Signer = new MachOSigner("com.example.tool") { TeamId = "TEAM123456", Entitlements = Entitlements },
        };
        builder.Builds.Add(new MachOBuildPlan(2, "17.2", "17.4.1"));
        builder.AddDylib("/usr/lib/libSystem.B.dylib").AddDylib("/usr/lib/libweak.dylib", LoadCommandKind.LoadWeakDylib);
        if (fileType == MachOFileType.Dylib)
        {
            builder.AddDylib("/usr/lib/libreexported.dylib", LoadCommandKind.ReexportDylib);
            builder.AddDylib("/usr/lib/libupward.dylib", LoadCommandKind.LoadUpwardDylib);
        }

        builder.Rpaths.Add("@executable_path/../Frameworks");
        var code = new byte[400];
        new ForgeRandom(1).Fill(code);
        var text = builder.AddCode(code);
        builder.AddCStrings(["hello", "", "\u4e16\u754c", "tab\there"]);
        var constants = builder.AddSection("__DATA_CONST", "__const", new byte[64]);
        var data = builder.AddSection("__DATA", "__data", [1, 2, 3, 4, 5]);
        builder.AddZeroFill("__DATA", "__bss", 10_000, alignment: 4);
        if (fileType != MachOFileType.Object)
        {
            builder.AddFunction(text, 0).AddFunction(text, 16).AddFunction(text, 380);
        }

        builder.AddUndefined("_malloc");
        builder.AddExternal("_main", text, 0);
        builder.AddLocal("_helper", text, 16);
        builder.AddExternal("_gData", data, 4);
        builder.AddLocal("_kTable", constants, 8);
        builder.AddUndefined("_free", libraryOrdinal: 2);
        return builder;
    }
}
