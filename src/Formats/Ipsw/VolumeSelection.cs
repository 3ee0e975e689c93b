namespace IpswDiff.Formats.Ipsw;

/// <summary>Chooses the disk images that hold operating systems, and names them.</summary>
internal static class VolumeSelection
{
    private const string OsKey = "OS";

    private static readonly string[] KnownOrder = [OsKey, "Cryptex1,SystemOS", "Cryptex1,AppOS", "Ap,ExclaveOS", "Cryptex1,RosettaOS"];

    /// <summary>The volumes of a firmware: known roles first, then the others by key; within a role as the manifest has them.</summary>
    internal static List<IpswVolume> Select(BuildManifest? manifest, RestorePlist? restore, Func<string, IpswMember?> find)
    {
        var images = manifest is null ? [] : FromManifest(manifest);
        if (images.Count == 0 && restore?.UserImage is { } path)
        {
            images.Add(new ManifestImage(OsKey, path, restore.Boards, null));
        }

        return Name(images, find);
    }

    /// <summary>The RAM disks that a firmware is installed from, each a disk image inside an IM4P, as the manifest has them.</summary>
    internal static List<IpswVolume> SelectRamDisks(BuildManifest? manifest, Func<string, IpswMember?> find) =>
        manifest is null ? [] : Name(
            [
                .. ManifestImage.Gather(manifest.Identities, static entry => IsRamDisk(entry.Key) && IsImage(entry.Path!))
                    .OrderBy(static group => group.Key, StringComparer.Ordinal)
                    .SelectMany(static group => group.Value)
                    .DistinctBy(static image => image.Path, StringComparer.OrdinalIgnoreCase),
            ],
            find);

    /// <summary>Whether a file is a RAM disk: an image too, but one that installs the others, inside an IM4P.</summary>
    internal static bool IsRamDisk(string key) => key.Contains("RamDisk", StringComparison.OrdinalIgnoreCase);

    internal static bool IsImage(string path) =>
        path.EndsWith(".dmg", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".aea", StringComparison.OrdinalIgnoreCase);

    private static List<ManifestImage> FromManifest(BuildManifest manifest)
    {
        var byKey = ManifestImage.Gather(
            manifest.Identities, static entry => entry.Key != OsKey && !IsRamDisk(entry.Key) && IsImage(entry.Path!));
        var systems = ManifestImage.Gather(manifest.Identities.Where(static identity => !identity.IsRecovery), static entry => entry.Key == OsKey);
        if (systems.Count == 0)
        {
            systems = ManifestImage.Gather(manifest.Identities, static entry => entry.Key == OsKey);
        }

        // A file that stands under two roles is one volume, of the first.
        return [.. byKey.Concat(systems)
            .OrderBy(static group => Array.IndexOf(KnownOrder, group.Key) is >= 0 and var place ? place : KnownOrder.Length)
            .ThenBy(static group => group.Key, StringComparer.Ordinal)
            .SelectMany(static group => group.Value)
            .DistinctBy(static image => image.Path, StringComparer.OrdinalIgnoreCase)];
    }

    private static List<IpswVolume> Name(List<ManifestImage> images, Func<string, IpswMember?> find)
    {
        var perRole = images.CountBy(static image => image.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var roleOfLabel = new Dictionary<string, string>(StringComparer.Ordinal);
        var uses = new Dictionary<string, int>(StringComparer.Ordinal);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var volumes = new List<IpswVolume>();
        foreach (var image in images)
        {
            // The role that comes first has the short label; another one of the same label keeps its key.
            var label = Label(image.Key);
            roleOfLabel.TryAdd(label, image.Key);
            var name = roleOfLabel[label] == image.Key ? label : image.Key;
            var board = perRole[image.Key] == 1 ? null : image.Boards.Count > 0 ? image.Boards[0] : Path.GetFileName(image.Path);
            var wanted = board is null ? name : $"{name} ({board})";
            var unique = wanted;
            while (!taken.Add(unique))
            {
                var count = uses[wanted] = uses.GetValueOrDefault(wanted, 1) + 1;
                unique = board is null ? $"{name} ({count})" : $"{name} ({board} {count})";
            }

            volumes.Add(new IpswVolume
            {
                Role = image.Key,
                RoleName = name,
                Name = unique,
                Path = image.Path,
                Digest = image.Digest,
                Boards = image.Boards,
                Member = find(image.Path),
            });
        }

        return volumes;
    }

    private static string Label(string key)
    {
        if (key == OsKey)
        {
            return "FileSystem";
        }

        foreach (var prefix in (ReadOnlySpan<string>)["Cryptex1,", "Ap,"])
        {
            if (key.Length > prefix.Length && key.StartsWith(prefix, StringComparison.Ordinal))
            {
                return key[prefix.Length..];
            }
        }

        return key;
    }
}
