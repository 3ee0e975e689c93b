using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;

namespace IpswDiff.Forge.Tool;

/// <summary><c>forge caches OUT</c>: writes a pair of shared caches, and beside them the list of what was planted.</summary>
internal static class CachesCommand
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    internal static Command Create()
    {
        var output = new Argument<DirectoryInfo>("OUT") { Description = "the folder that gets old/, new/ and plants.json" };
        var images = new Option<int>("--images") { Description = "images of a cache", DefaultValueFactory = static _ => 4180 };
        var bytes = new Option<long>("--bytes-per-image") { Description = "bytes of a cache divided by its images", DefaultValueFactory = static _ => 1_000_000 };
        var seed = new Option<ulong>("--seed") { Description = "what everything comes from", DefaultValueFactory = static _ => 26 };
        var command = new Command("caches", "Writes a pair of dyld shared caches in which changes are planted.") { output, images, bytes, seed };
        command.SetAction(result =>
        {
            var watch = Stopwatch.StartNew();
            var folder = result.GetRequiredValue(output).FullName;
            var written = SharedCachePair.Create(result.GetValue(seed), result.GetValue(images), bytesPerImage: result.GetValue(bytes)).Write(folder);
            File.WriteAllBytes(Path.Combine(folder, "plants.json"), JsonSerializer.SerializeToUtf8Bytes(written.Plants, Json));
            foreach (var kind in written.Plants.CountBy(static plant => plant.Kind).OrderBy(static kind => kind.Key))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind.Value,6} {kind.Key}"));
            }

            var peak = Environment.WorkingSet >> 20;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{written.Old.Size:n0} and {written.New.Size:n0} bytes in {written.Old.Files.Count} and {written.New.Files.Count} files, {watch.Elapsed.TotalSeconds:f1} s, {peak} MiB resident at the end"));
        });
        return command;
    }
}
