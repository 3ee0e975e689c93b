using System.Globalization;
using System.Text;
using IpswDiff.Formats.MachO;
using IpswDiff.Forge;
using IpswDiff.Formats.MachO.Versions;

namespace IpswDiff.Formats.Tests.MachO;

/// <summary>Holds a file's facts against LLVM's.</summary>
internal static class LlvmAgreement
{
    internal static void Check(MachOFile file, string path)
    {
        var expected = LlvmFacts.Read(Witnesses.ObjDump.Required(), Witnesses.Nm.Required(), path);
        Assert.Equal(expected.Count, file.Slices.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Check(expected[i], file.Slices[i]);
        }
    }

    private static void Check(LlvmFacts expected, MachOImage image)
    {
        Assert.Equal(expected.Commands, image.LoadCommands.Select(static command => $"{command.Size}"));
        Assert.Equal(expected.Segments, image.Segments.Select(Print));
        Assert.Equal(expected.Sections, image.Sections.Select(Print));
        Assert.Equal(expected.Dylibs, image.Dylibs.Select(Print));
        Assert.Equal(expected.Rpaths, image.Rpaths);
        Assert.Equal(expected.Uuid, image.UuidText);
        Assert.Equal(expected.InstallName, image.InstallName);
        Assert.Equal(Pad(expected.SourceVersion), image.SourceVersion?.ToString());
        Assert.Equal(expected.BuildVersion, image.BuildVersion is { } build ? $"{build.Platform} {build.MinOs} {build.Sdk}" : null);
        if (expected.EntryPoint is { } entry)
        {
            var address = image.EntryPoint!.Value;
            Assert.Equal(entry, entry.StartsWith("offset", StringComparison.Ordinal)
                ? $"offset {address - image.BaseAddress}"
                : $"address {address:x}");
        }

        Assert.Equal(expected.Symbols, PrintSymbols(image));
        Assert.Equal(expected.FunctionStarts, image.ReadFunctionStarts()?.Starts.ToArray() ?? []);
    }

    internal static List<string> PrintSymbols(MachOImage image)
    {
        var lines = new List<string>();
        if (image.Symbols is null)
        {
            return lines;
        }

        foreach (var symbol in image.Symbols)
        {
            var value = symbol.Value.ToString(image.Is64Bit ? "x16" : "x8", CultureInfo.InvariantCulture);
            lines.Add($"{value} {symbol.Type:x2} {symbol.SectionOrdinal:x2} {symbol.Description:x4} {symbol.NameIndex:x8} {Encoding.UTF8.GetString(symbol.Name)}");
        }

        return lines;
    }

    private static string Print(MachOSegment segment) =>
        $"{segment.Name} {segment.Address:x} {segment.Size:x} {segment.FileOffset} {segment.FileSize} {Protection(segment.MaxProtection)} {Protection(segment.InitialProtection)}";

    private static string Print(MachOSection section) =>
        $"{section.SegmentName} {section.Name} {section.Address:x} {section.Size:x} {section.FileOffset} {section.Alignment}";

    private static string Print(MachODylib dylib)
    {
        var command = dylib.Kind switch
        {
            DylibKind.Weak => "LC_LOAD_WEAK_DYLIB",
            DylibKind.Reexport => "LC_REEXPORT_DYLIB",
            DylibKind.Upward => "LC_LOAD_UPWARD_DYLIB",
            DylibKind.Lazy => "LC_LAZY_LOAD_DYLIB",
            _ => "LC_LOAD_DYLIB",
        };
        return $"{command} {dylib.Name} {Full(dylib.CurrentVersion)} {Full(dylib.CompatibilityVersion)}";
    }

    private static string Protection(int value) =>
        $"{((value & 1) != 0 ? 'r' : '-')}{((value & 2) != 0 ? 'w' : '-')}{((value & 4) != 0 ? 'x' : '-')}";

    private static string Full(PackedVersion version) => $"{version.Major}.{version.Minor}.{version.Patch}";

    private static string? Pad(string? version) => version is null
        ? null
        : string.Join('.', version.Split('.').Concat(["0", "0", "0"]).Take(5));
}
