using System.Globalization;
using System.Security.Cryptography;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.Samples;

/// <summary>
/// A signed arm64e program that the Forge assembles: what no linker here can make, an arm64e slice with a source version, is in the
/// samples by this. Its facts are what it was assembled from.
/// </summary>
internal static class GeneratedProgram
{
    private const string LibSystem = "/usr/lib/libSystem.B.dylib";
    private const uint Pacibsp = 0xD503237F;
    private const uint Retab = 0xD65F0FFF;

    public static SampleBinary Build(string sourceVersion, Guid uuid, IReadOnlyList<string> functions, IReadOnlyList<string> strings, PlistDict entitlements)
    {
        var builder = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Execute)
        {
            SourceVersion = sourceVersion,
            Uuid = uuid,
            Signer = new MachOSigner("com.example.samplegen") { Entitlements = entitlements },
        };
        builder.Builds.Add(new MachOBuildPlan(2, "16.0", "16.0"));
        builder.AddDylib(LibSystem);
        var text = builder.AddCode(Code(functions));
        for (var i = 0; i < functions.Count; i++)
        {
            builder.AddExternal(functions[i], text, i * BytesPerFunction);
            builder.AddFunction(text, i * BytesPerFunction);
        }

        builder.AddCStrings(strings);
        builder.AddSection("__DATA_CONST", "__const", [.. Enumerable.Range(1, 64).Select(i => (byte)i)]);
        builder.AddUndefined("_puts");
        var image = builder.Build();
        return new SampleBinary(image, [new SliceFacts(
            "arm64e",
            uuid.ToString().ToUpperInvariant(),
            string.Join('.', sourceVersion.Split('.').Concat(["0", "0", "0", "0"]).Take(5)),
            functions.Count,
            builder.Symbols.Count,
            [LibSystem],
            [.. builder.Sections.Select(section => new SectionFacts(
                section.SegmentName + "." + section.Name,
                section.Size,
                section == text,
                Convert.ToHexStringLower(SHA256.HashData(section.Bytes))))],
            [.. functions.Append("_puts").Order(StringComparer.Ordinal)],
            [.. strings.Order(StringComparer.Ordinal)])]);
    }

    private const int BytesPerFunction = 16;

    // Each function returns a number of its own: pacibsp; mov w0, #n; nop; retab.
    private static byte[] Code(IReadOnlyList<string> functions)
    {
        const uint MoveToW0 = 0x52800000;
        const uint Nop = 0xD503201F;
        return [.. functions.SelectMany(name => new[] { Pacibsp, MoveToW0 | (Number(name) << 5), Nop, Retab }).SelectMany(BitConverter.GetBytes)];
    }

    // What the function does depends on its name only, so that a function keeps its instructions whatever is added before it.
    private static uint Number(string name) => uint.Parse(name.AsSpan(name.LastIndexOf('_') + 1), CultureInfo.InvariantCulture);
}
