using System.Text.Json;
using System.Text.RegularExpressions;
using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.Swift;

namespace IpswDiff.Formats.Tests.MachO;

/// <summary>What the compiler's own output says of types, protocols and conformances, against the truth that came with it.</summary>
public sealed partial class SwiftMetadataTests
{
    private const int LcSymtab = 2;

    public static TheoryData<string, string> Libraries => new()
    {
        { "libGallery.1.arm64.dylib.xz", "gallery.1.json" },
        { "libGallery.1.x86_64.dylib.xz", "gallery.1.json" },
        { "libGallery.2.arm64.dylib.xz", "gallery.2.json" },
        { "libGallery.2.x86_64.dylib.xz", "gallery.2.json" },
        { "libAsyncAlgorithms.1.0.4.arm64.dylib.xz", "async-algorithms.1.0.4.json" },
        { "libAsyncAlgorithms.1.1.5.arm64.dylib.xz", "async-algorithms.1.1.5.json" },
    };

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Reads_what_the_truth_says_with_symbols_and_without(string library, string truth)
    {
        var bytes = Library(library);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(SampleFiles.Find("swift/" + truth)!));
        AssertSame(expected.RootElement, Open(bytes));
        EmptySymbolTable(bytes);
        AssertSame(expected.RootElement, Open(bytes));
    }

    [Fact]
    public void Damage_anywhere_is_a_fault_that_says_where_or_none()
    {
        var original = Library("libGallery.1.arm64.dylib.xz");
        var whole = 0;
        foreach (var damaged in Mutator.Damage(original, 1500, seed: 25, hot: original.Length).Concat(Mutator.Truncate(original, 50)))
        {
            try
            {
                var metadata = Open(damaged);
                whole += metadata.ReadTypes().Count() + metadata.ReadProtocols().Count() + metadata.ReadConformances().Count() > 0 ? 1 : 0;
            }
            catch (FirmwareFormatException)
            {
                // What is damaged is refused by name.
            }
        }

        Assert.NotEqual(0, whole);
    }

    private static SwiftMetadata Open(byte[] bytes) => SwiftMetadata.Open(MachOFile.Open(new MemoryByteSource(bytes)).Slices[0]);

    private static byte[] Library(string name)
    {
        var path = SampleFiles.Find("swift/" + name);
        Assert.SkipWhen(path is null, "the optional samples of Swift are absent");
        var bytes = new byte[16 << 20];
        return bytes[..Xz.Decode(File.ReadAllBytes(path), bytes)];
    }

    private static void EmptySymbolTable(byte[] bytes)
    {
        var at = 32;
        for (var i = BitConverter.ToInt32(bytes, 16); i > 0; i--)
        {
            if (BitConverter.ToInt32(bytes, at) == LcSymtab)
            {
                bytes.AsSpan(at + 12, 4).Clear();
            }

            at += BitConverter.ToInt32(bytes, at + 4);
        }
    }

    private static void AssertSame(JsonElement truth, SwiftMetadata metadata)
    {
        var types = metadata.ReadTypes().ToDictionary(type => Plain(type.Name)!, StringComparer.Ordinal);
        var expected = truth.GetProperty("types").EnumerateObject().ToDictionary(type => Plain(type.Name)!, type => type.Value, StringComparer.Ordinal);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), types.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, type) in expected)
        {
            AssertSame(type, types[name]);
        }

        Assert.Equal(
            truth.GetProperty("protocols").EnumerateObject().Select(protocol =>
                $"{Plain(protocol.Name)} {protocol.Value.GetProperty("requirements")} {protocol.Value.GetProperty("associatedTypes").EnumerateArray().Aggregate(string.Empty, (all, one) => all + one)}").Order(StringComparer.Ordinal),
            metadata.ReadProtocols().Select(protocol =>
                $"{Plain(protocol.Name)} {protocol.RequirementCount} {string.Concat(protocol.AssociatedTypes)}").Order(StringComparer.Ordinal));
        Assert.Equal(
            truth.GetProperty("conformances").EnumerateArray().Select(conformance =>
                $"{Plain(Text(conformance, "type"))} : {Plain(Text(conformance, "protocol"))} where {Plain(Text(conformance, "where"))}").Order(StringComparer.Ordinal),
            metadata.ReadConformances().Select(conformance =>
                $"{Plain(conformance.Type)} : {Plain(conformance.Protocol)} where {Plain(conformance.Where)}").Order(StringComparer.Ordinal));
    }

    private static void AssertSame(JsonElement truth, SwiftType type)
    {
        Assert.Equal(Text(truth, "kind"), type.Kind.ToString().ToLowerInvariant());
        Assert.Equal(Plain(Text(truth, "superclass")), Plain(type.Superclass));
        var members = truth.TryGetProperty("fields", out var fields) ? fields : truth.TryGetProperty("cases", out var cases) ? cases : default;
        var expected = members.ValueKind == JsonValueKind.Array ? members.EnumerateArray().ToArray() : [];
        var actual = type.Fields ?? [];
        Assert.Equal(expected.Select(member => Text(member, "name")), actual.Select(field => field.Name));
        foreach (var (member, field) in expected.Zip(actual))
        {
            // What the truth has no name for, a reference to code among it, it does not know.
            if (Text(member, "type") is not ("?" or "kind9"))
            {
                Assert.Equal(Plain(Text(member, "type")), Plain(field.Type));
            }

            Assert.Equal(member.TryGetProperty("isVar", out var isVar) && isVar.GetBoolean(), field.IsVar);
            Assert.Equal(member.TryGetProperty("indirect", out var indirect) && indirect.GetBoolean(), field.IsIndirect);
            Assert.Equal(member.TryGetProperty("artificial", out var artificial) && artificial.GetBoolean(), field.IsArtificial);
        }
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    // As the truth's own rules have it: where an extension stands, discriminators and the protocol of an associated type do not matter.
    private static string? Plain(string? type) => type is null
        ? null
        : Associated().Replace(Discriminator().Replace(Extension().Replace(type, string.Empty), "$1").Replace("any ", string.Empty, StringComparison.Ordinal), "$1.$2");

    [GeneratedRegex(@"\(extension in [^)]*\):")]
    private static partial Regex Extension();

    [GeneratedRegex(@"\((\S+) in _[0-9A-F]{32}\)")]
    private static partial Regex Discriminator();

    [GeneratedRegex(@"\b([A-Z]\d?)\.(?:\w+\.)+(\w+)")]
    private static partial Regex Associated();
}
