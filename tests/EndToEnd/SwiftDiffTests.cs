using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using IpswDiff.Forge;
using IpswDiff.Formats.Compression;

namespace IpswDiff.EndToEnd;

/// <summary>
/// The compiler's own output in two versions, on the command line: what Swift's metadata says, and what of it changed.
/// </summary>
public sealed partial class SwiftDiffTests
{
    private const int LcSymtab = 2;

    // What its sources say changed from one version to the other.
    private static readonly string[] GalleryChanges =
    [
        "+ struct Gallery.Fresh", "+ class Gallery.Mammal", "+ struct Gallery.Moved", "- enum Gallery.Gone",
            "~ struct Gallery.Renamed -> Gallery.Moved.Renamed",
        "Gallery.Point ~ let y: Swift.Double -> var y: Swift.Double", "Gallery.Point + var z: Swift.Float",
        "Gallery.Everything - var doubleOptional: Swift.Int??",
        "Gallery.Everything ~ var dictionary: [Swift.String : Swift.Set<Swift.Int>] -> var dictionary: [Swift.String : Swift.Set<Swift.Int64>]",
        "Gallery.Everything ~ var asyncClosure: @Sendable (Gallery.Point) async throws -> [Swift.String] -> var asyncClosure: @Sendable (Gallery.Point) async -> [Swift.String]",
        "Gallery.Everything.Hidden ~ var code: Swift.UInt32 -> var code: Swift.UInt64",
        "Gallery.Failure ~ case code: Swift.Int -> case code: Swift.Int32", "Gallery.Failure + case timeout: ",
        "Gallery.Weekday order monday tuesday wednesday -> monday wednesday tuesday",
        "Gallery.Dog superclass Gallery.Animal -> Gallery.Mammal",
        "Gallery.Store + var log: [Swift.String]",
        "Gallery.Drawable requirements 9 -> 10", "Gallery.Drawable + requirement method",
        "+ Gallery.Failure : Swift.Equatable", "+ Swift.Double : Gallery.Shape",
    ];

    [Theory]
    [InlineData("arm64", false)]
    [InlineData("arm64", true)]
    [InlineData("x86_64", false)]
    [InlineData("x86_64", true)]
    public void The_gallery_changed_as_its_sources_say(string arch, bool isStripped)
    {
        using var scratch = Cli.Scratch();
        var lines = Diff(scratch, $"libGallery.1.{arch}.dylib.xz", $"libGallery.2.{arch}.dylib.xz", isStripped);

        // Metadata has no name for a method; a symbol has.
        string[] expected = [.. GalleryChanges, isStripped ? "Gallery.Animal + method method"
            : "Gallery.Animal + method Gallery.Animal.sleep() -> ()"];
        Assert.Equal(expected.Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
        var page = File.ReadAllText(Assert.Single(Directory.GetFiles(scratch["report/MACHOS"], "*.md")));
        Assert.Contains("\n  class Gallery.Dog\n-   : Gallery.Animal\n+   : Gallery.Mammal\n", page,
            StringComparison.Ordinal);
        Assert.Contains("\n~ struct Gallery.Renamed -> Gallery.Moved.Renamed\n", page, StringComparison.Ordinal);
        Assert.Contains("Gallery.Mammal", File.ReadAllText(scratch["report/report.html"]) + page,
            StringComparison.Ordinal);
        using var report = JsonDocument.Parse(File.ReadAllBytes(scratch["report/report.json"]));
        var item = report.RootElement.GetProperty("sections").EnumerateArray()
            .Single(section => section.GetProperty("handler").GetString() == "MachO").GetProperty("changed")[0];
        Assert.Equal("interface", item.GetProperty("class").GetString());
        Assert.Contains("swift", item.GetProperty("what").EnumerateArray().Select(aspect => aspect.GetString()));
        Assert.Equal((3, 1, 1, 9), (Count("swiftAdded"), Count("swiftRemoved"), Count("swiftMoved"), Count("swiftChanged")));
        Assert.Equal(2, Count("conformancesAdded"));

        int Count(string name) => item.GetProperty("counts").GetProperty(name).GetInt32();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_releases_of_a_package_differ_as_their_metadata_does(bool isStripped)
    {
        using var scratch = Cli.Scratch();
        var lines = Diff(scratch, "libAsyncAlgorithms.1.0.4.arm64.dylib.xz", "libAsyncAlgorithms.1.1.5.arm64.dylib.xz",
            isStripped)
            .Where(line => !line.Contains(" method ", StringComparison.Ordinal));
        using var old = JsonDocument.Parse(File.ReadAllBytes(Sample("async-algorithms.1.0.4.json")));
        using var @new = JsonDocument.Parse(File.ReadAllBytes(Sample("async-algorithms.1.1.5.json")));

        // Of a member that the truth has no type for it cannot say whether it changed.
        string[] unknown = [.. old.RootElement.GetProperty("types").EnumerateObject().SelectMany(type =>
            SwiftLines.Members(type.Value).Values.Where(IsUnknown).Select(member => $"{type.Name} ~ {member[..^1]}"))];
        Assert.Equal(
            TruthLines(old.RootElement, @new.RootElement).Select(Plain).Order(StringComparer.Ordinal),
            lines.Where(line => !Array.Exists(unknown, member => line.StartsWith(member, StringComparison.Ordinal)))
                .Select(Plain).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("libGallery.1.arm64.dylib.xz", "gallery.1.json")]
    [InlineData("libGallery.2.x86_64.dylib.xz", "gallery.2.json")]
    [InlineData("libAsyncAlgorithms.1.1.5.arm64.dylib.xz", "async-algorithms.1.1.5.json")]
    public void Inspect_describes_types_protocols_and_conformances(string library, string truth)
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["library"], Library(library, isStripped: true));
        using var description =
            JsonDocument.Parse(Cli.Run("inspect", scratch["library"], "--json").Expect(0).OutputBytes);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Sample(truth)));
        var swift = description.RootElement.GetProperty("slices")[0].GetProperty("swift");
        var types = swift.GetProperty("types").EnumerateArray()
            .ToDictionary(type => type.GetProperty("name").GetString()!, StringComparer.Ordinal);
        var truths = expected.RootElement.GetProperty("types").EnumerateObject()
            .ToDictionary(type => type.Name, type => type.Value, StringComparer.Ordinal);
        Assert.Equal(truths.Keys.Order(StringComparer.Ordinal), types.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, type) in types)
        {
            // What the truth has no name for it does not know.
            var members = SwiftLines.Members(truths[name]);
            Assert.Equal(Header(truths[name]), Header(type));
            Assert.Equal(members.Keys, SwiftLines.Members(type).Keys);
            Assert.All(SwiftLines.Members(type), member => Assert.True(
                IsUnknown(members[member.Key]) || Plain(members[member.Key]) == Plain(member.Value),
                    $"{name} {member.Value}"));
        }

        Assert.Equal(
            expected.RootElement.GetProperty("protocols").EnumerateObject()
                .Select(protocol => $"{protocol.Name} {protocol.Value.GetProperty("requirements")}")
                .Order(StringComparer.Ordinal),
            swift.GetProperty("protocols").EnumerateArray()
                .Select(protocol => $"{protocol.GetProperty("name")} {protocol.GetProperty("requirements")}")
                .Order(StringComparer.Ordinal));
        Assert.Equal(Conformances(expected.RootElement).Select(Plain).Order(StringComparer.Ordinal), Conformances(swift)
            .Select(Plain).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Damaged_metadata_leaves_the_rest_described_and_compared()
    {
        using var scratch = Cli.Scratch();
        var damaged = Library("libGallery.2.arm64.dylib.xz", isStripped: false);
        var section = damaged.AsSpan().IndexOf("__swift5_types\0"u8);
        damaged.AsSpan((int)BitConverter.ToUInt32(damaged, section + 48), 4).Fill(0x70);
        File.WriteAllBytes(scratch["new"], damaged);
        File.WriteAllBytes(scratch["old"], Library("libGallery.1.arm64.dylib.xz", isStripped: false));
        using var description = JsonDocument.Parse(Cli.Run("inspect", scratch["new"], "--json").Expect(3).OutputBytes);
        var slice = description.RootElement.GetProperty("slices")[0];
        Assert.Equal(JsonValueKind.Null, slice.GetProperty("swift").ValueKind);
        Assert.NotEqual(0, slice.GetProperty("symbolCount").GetInt32());
        Assert.Equal(["Swift metadata"], description.RootElement.GetProperty("unreadable").EnumerateArray()
            .Select(part => part.GetProperty("part").GetString()));
        Cli.Run("diff", scratch["old"], scratch["new"], "-o", scratch["report"]).Expect(0);
        var swift = Details(scratch).GetProperty("slices")[0].GetProperty("swift");
        Assert.Contains("Mach-O", swift.GetProperty("unreadable").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(Details(scratch).GetProperty("slices")[0].GetProperty("symbols").GetProperty("added")
            .EnumerateArray());
        Assert.Contains("Swift:\n  not compared: ",
            File.ReadAllText(Assert.Single(Directory.GetFiles(scratch["report/MACHOS"], "*.md"))),
            StringComparison.Ordinal);
    }

    private static string[] Diff(ScratchFolder scratch, string old, string @new, bool isStripped)
    {
        File.WriteAllBytes(scratch["old.dylib"], Library(old, isStripped));
        File.WriteAllBytes(scratch["new.dylib"], Library(@new, isStripped));
        Cli.Run("diff", scratch["old.dylib"], scratch["new.dylib"], "-o", scratch["report"], "--format",
            "markdown,html,json").Expect(0);
        return [.. SwiftLines.Of(Details(scratch).GetProperty("slices")[0].GetProperty("swift"))];
    }

    private static JsonElement Details(ScratchFolder scratch)
    {
        using var file = new GZipStream(
            File.OpenRead(Assert.Single(Directory.GetFiles(scratch["report/items/MachO"]))),
            CompressionMode.Decompress);
        return JsonDocument.Parse(file).RootElement;
    }

    // The difference of two truths, written as the report's is.
    private static IEnumerable<string> TruthLines(JsonElement old, JsonElement @new)
    {
        var (before, after) = (Types(old), Types(@new));
        foreach (var (name, type) in before.Where(type => !after.ContainsKey(type.Key)))
        {
            yield return $"- {type.GetProperty("kind")} {name}";
        }

        foreach (var (name, type) in after)
        {
            if (!before.TryGetValue(name, out var partner))
            {
                yield return $"+ {type.GetProperty("kind")} {name}";
                continue;
            }

            var (left, right) = (SwiftLines.Members(partner), SwiftLines.Members(type));
            Assert.Equal(left.Keys, right.Keys);
            foreach (var (member, text) in right.Where(one => left[one.Key] != one.Value))
            {
                yield return $"{name} ~ {left[member]} -> {text}";
            }
        }

        var (lost, gained) =
            (Conformances(old).ToHashSet(StringComparer.Ordinal), Conformances(@new).ToHashSet(StringComparer.Ordinal));
        foreach (var line in gained.Except(lost).Select(one => "+ " + one)
            .Concat(lost.Except(gained).Select(one => "- " + one)))
        {
            yield return line;
        }

        static Dictionary<string, JsonElement> Types(JsonElement truth) =>
            truth.GetProperty("types").EnumerateObject()
                .ToDictionary(type => type.Name, type => type.Value, StringComparer.Ordinal);
    }

    // A reference to code reads as kind9 there.
    private static bool IsUnknown(string member) =>
        member.EndsWith(": ?", StringComparison.Ordinal) || member.Contains(": kind9", StringComparison.Ordinal);

    private static string Header(JsonElement type) =>
        $"{type.GetProperty("kind")}{(type.TryGetProperty("superclass", out var superclass) ? $" : {superclass}" : string.Empty)}";

    private static IEnumerable<string> Conformances(JsonElement module) => module.GetProperty("conformances")
        .EnumerateArray().Select(SwiftLines.Conformance);

    private static string Sample(string name)
    {
        var path = SampleFiles.Find("swift/" + name);
        Assert.SkipWhen(path is null, "the optional samples of Swift are absent");
        return path;
    }

    private static byte[] Library(string name, bool isStripped)
    {
        var bytes = new byte[16 << 20];
        bytes = bytes[..Xz.Decode(File.ReadAllBytes(Sample(name)), bytes)];
        var at = 32;
        for (var i = BitConverter.ToInt32(bytes, 16); isStripped && i > 0; i--)
        {
            if (BitConverter.ToInt32(bytes, at) == LcSymtab)
            {
                bytes.AsSpan(at + 12, 4).Clear();
            }

            at += BitConverter.ToInt32(bytes, at + 4);
        }

        return bytes;
    }

    // As the truth's own rules have it: any, where an extension stands and the protocol of an associated type do not
    // matter.
    private static string Plain(string line) =>
        Associated().Replace(
            Extension().Replace(line, string.Empty).Replace("any ", string.Empty, StringComparison.Ordinal), "$1.$2");

    [GeneratedRegex(@"\(extension in [^)]*\):")]
    private static partial Regex Extension();

    [GeneratedRegex(@"\b([A-Z]\d?)\.(?:\w+\.)+(\w+)")]
    private static partial Regex Associated();
}
