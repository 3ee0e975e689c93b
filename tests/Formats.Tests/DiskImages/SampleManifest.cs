using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Tests.DiskImages;

/// <summary>The truth beside a sample image: what macOS itself says about every file of it.</summary>
internal sealed class SampleManifest
{
    private readonly JsonElement _root;

    internal SampleManifest(string path) => _root = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;

    internal string VolumeName => _root.GetProperty("volumeName").GetString()!;

    internal IEnumerable<JsonProperty> Files => _root.GetProperty("files").EnumerateObject();

    internal void AssertEqualTo(FileSystemVolume volume)
    {
        var byPath = volume.Walk().Where(e => e.Kind != FileKind.Directory).ToDictionary(e => e.Path[1..], StringComparer.Ordinal);
        foreach (var file in Files)
        {
            Assert.True(byPath.TryGetValue(file.Name, out var entry), $"{file.Name} is missing");
            AssertEqual(volume, file, entry!);
        }

        // macOS keeps a few things of its own that the manifest leaves out.
        Assert.All(byPath.Keys.Except(Files.Select(f => f.Name)), name => Assert.StartsWith(".", name, StringComparison.Ordinal));
    }

    private static void AssertEqual(FileSystemVolume volume, JsonProperty file, FileEntry entry)
    {
        var truth = file.Value;
        if (truth.GetProperty("type").GetString() == "symlink")
        {
            Assert.Equal(FileKind.Symlink, entry.Kind);
            Assert.Equal(truth.GetProperty("target").GetString(), entry.Target);
        }
        else
        {
            Assert.Equal(FileKind.File, entry.Kind);
            Assert.Equal(truth.GetProperty("size").GetInt64(), entry.Size);
            Assert.Equal(int.Parse(Octal(truth), NumberStyles.BinaryNumber, CultureInfo.InvariantCulture), entry.Mode);
            Assert.Equal(truth.TryGetProperty("compressed", out _), entry.IsCompressed);
            Assert.Equal(truth.GetProperty("sha256").GetString(), Sha256(volume.Open(entry)));
        }

        var attributes = volume.ExtendedAttributes(entry);
        var expected = truth.TryGetProperty("xattrs", out var x) ? x.EnumerateObject().ToList() : [];
        Assert.Equal(expected.Select(a => a.Name).Order(StringComparer.Ordinal), attributes.Keys.Order(StringComparer.Ordinal));
        foreach (var attribute in expected)
        {
            Assert.Equal(attribute.Value.GetProperty("size").GetInt64(), attributes[attribute.Name]);
            Assert.Equal(attribute.Value.GetProperty("sha256").GetString(), Sha256(volume.OpenExtendedAttribute(entry, attribute.Name)!));
        }
    }

    internal static string Sha256(ByteSource source)
    {
        using var stream = new ByteSourceStream(source);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>"0o644" as binary digits, which .NET can parse.</summary>
    private static string Octal(JsonElement truth) =>
        string.Concat(truth.GetProperty("mode").GetString()![2..].Select(digit => Convert.ToString(digit - '0', 2).PadLeft(3, '0')));
}
