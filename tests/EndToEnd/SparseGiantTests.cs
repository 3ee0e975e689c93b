using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using IpswDiff.Forge;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Partitions;

namespace IpswDiff.EndToEnd;

/// <summary>
/// Images of a few megabytes whose files claim up to 2^60 bytes: what is stored is compared, holes are passed over.
/// </summary>
public sealed class SparseGiantTests
{
    private const long Giant = 1L << 60;

    [Fact]
    public void Giants_are_compared_by_what_is_stored_of_them()
    {
        using var scratch = Cli.Scratch();
        var (old, @new) = (scratch["old.dmg"], scratch["new.dmg"]);
        Write(old, "1", tree => tree.AddFile("/gone", Holes("gone")));
        Write(@new, "2", tree => tree.AddFile("/come", Holes("come")));
        string[] common = ["diff", old, @new, "--strings", "--functions", "--format", "json,markdown"];
        Cli.Run([.. common, "-o", scratch["report"]]).Expect(3);
        using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(scratch["report"], "report.json")));
        var sections = index.RootElement.GetProperty("sections").EnumerateArray()
            .ToDictionary(section => section.GetProperty("handler").GetString()!, StringComparer.Ordinal);
        Assert.Equal(["/changed", "/claims", "/moved within"], Paths(sections["Files"], "changed"));
        Assert.Equal(["/come"], Paths(sections["Files"], "added"));
        Assert.Equal(["/gone"], Paths(sections["Files"], "removed"));
        Assert.Equal("complete", sections["Files"].GetProperty("state").GetString());
        Assert.Equal(["/claims"], Paths(sections["MachO"], "unreadable"));
        Assert.Equal("incomplete", sections["MachO"].GetProperty("state").GetString());
    }

    [Fact]
    public void A_hash_of_a_giant_is_refused_by_name_and_those_of_the_others_are_told()
    {
        using var scratch = Cli.Scratch();
        var image = scratch["image.dmg"];
        Write(image, "1", tree => tree.AddFile("/small", "small"));
        var result = Cli.Run("ls", image, "--json", "--hash").Expect(3);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!)
            .ToDictionary(entry => (string)entry["path"]!, StringComparer.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("small"u8)), (string?)lines["/small"]["sha256"]);
        Assert.Null(lines["/same"]["sha256"]);
        Assert.Equal(Giant, (long)lines["/same"]["size"]!);
        Assert.Contains("/same", result.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Paths(JsonElement section, string group) =>
        section.GetProperty(group).EnumerateArray().Select(item => item.GetProperty("path").GetString()!);

    private static ForgeContent Holes(string text) => ForgeContent.Sparse(
        Giant, (0, System.Text.Encoding.UTF8.GetBytes(text)), (Giant / 2, System.Text.Encoding.UTF8.GetBytes(text)));

    private static void Write(string path, string version, Action<ForgeTree> more)
    {
        var tree = new ForgeTree();
        tree.AddFile("/same", Holes("same"));
        tree.AddFile("/changed", Holes("version " + version));
        tree.AddFile("/moved within", ForgeContent.Sparse(Giant, (long.Parse(version) << 40, [1])));
        tree.AddFile("/claims", Claiming(version));
        more(tree);
        using var file = File.Create(path);
        new ApfsContainer([new ApfsVolume("Giants", tree)]).WriteTo(new StreamSink(file));
    }

    // A program whose strings claim to go on for 2^50 bytes.
    private static ForgeContent Claiming(string version)
    {
        var builder = SyntheticMachO.Program("com.example.claims", 1, 40_000);
        builder.Signer = null;
        builder.SourceVersion = version;
        var bytes = builder.Build();
        var section = bytes.AsSpan().IndexOf("__cstring\0\0\0\0\0\0\0__TEXT"u8);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(section + 40), 1L << 50);
        var segment = bytes.AsSpan().IndexOf("__TEXT\0\0\0\0\0\0\0\0\0\0"u8);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(segment + 24), 1L << 51);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(segment + 40), 1L << 51);
        return ForgeContent.Sparse(Giant, (0, bytes));
    }
}
