using System.IO.Compression;
using System.Text;
using IpswDiff.Forge;

namespace IpswDiff.Formats.Tests.Demangling;

/// <summary>Names of real firmware and binaries with what the toolchain's own tool makes of them.</summary>
internal static class SwiftTable
{
    /// <summary>Each name, in full and simplified.</summary>
    public static IEnumerable<(string Mangled, string Full, string Simplified)> Rows()
    {
        var path = SampleFiles.Find("swift/names.tsv.gz");
        Assert.SkipWhen(path is null, "the optional table of Swift names is absent");
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress), Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            var columns = line.Split('\t');
            yield return (columns[0], columns[1], columns[2]);
        }
    }
}
