using System.Text.Json;
using IpswDiff.Forge.Aea;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Formats.Ipsw;

namespace IpswDiff.Forge.Samples;

/// <summary>The sample firmwares with every volume encrypted, beside twins of the same volumes in the clear.</summary>
public static class EncryptedTwins
{
    private const string KeyName = "sample-key";
    private const string KeyUrl = "https://wkms-public.apple.com/fcs-keys/" + KeyName;
    private const ulong Seed = 7;

    /// <summary>What encrypts an image so that a key of the service opens it.</summary>
    public static AeaBuilder Archive(ulong seed) =>
        new AeaBuilder(seed) { SegmentSize = 1 << 20, SegmentsPerCluster = 256 }.WithKeyService(KeyUrl);

    /// <summary>The key of all the volumes, base64.</summary>
    public static string Key => Convert.ToBase64String(Archive(Seed).Key.Span);

    /// <summary>The database that has the key of all the volumes: JSON, name to PEM.</summary>
    public static string Database =>
        JsonSerializer.Serialize(new Dictionary<string, string> { [KeyName] = Archive(Seed).ServicePem });

    /// <summary>
    /// Writes <c>plain-old.ipsw</c>, <c>plain-new.ipsw</c>, <c>aea-old.ipsw</c> and <c>aea-new.ipsw</c>, and
    /// <c>keys.json</c>, whose path it
    /// returns.
    /// </summary>
    /// <param name="folder">Where to.</param>
    /// <param name="old">The older sample.</param>
    /// <param name="new">The newer sample.</param>
    public static string Write(string folder, string old, string @new)
    {
        Write(folder, "old", old, SampleFirmware.OldVersion);
        Write(folder, "new", @new, SampleFirmware.NewVersion);
        var keys = Path.Combine(folder, "keys.json");
        File.WriteAllText(keys, Database);
        return keys;
    }

    /// <summary>The image of one volume of a firmware.</summary>
    public static byte[] Image(string firmware, string volume)
    {
        using var archive = IpswArchive.Open(firmware);
        return Read(archive, archive.Volumes.Single(candidate => candidate.Name == volume));
    }

    private static void Write(string folder, string side, string path, SampleVersion version)
    {
        using var firmware = IpswArchive.Open(path);
        var (plain, encrypted) = (Builder(), Builder());
        foreach (var volume in firmware.Volumes)
        {
            var image = Read(firmware, volume);
            plain.AddVolume(volume.Role, volume.Path, ForgeContent.FromBytes(image));
            encrypted.AddVolume(volume.Role, volume.Path + ".aea", ForgeContent.FromBytes(Archive(Seed).Build(image)));
        }

        plain.WriteFile(Path.Combine(folder, $"plain-{side}.ipsw"));
        encrypted.WriteFile(Path.Combine(folder, $"aea-{side}.ipsw"));

        IpswBuilder Builder() =>
            new IpswBuilder(version.Version, version.Build).AddBoard(SampleFirmware.Board, SampleFirmware.Product);
    }

    private static byte[] Read(IpswArchive firmware, IpswVolume volume)
    {
        using var member = firmware.OpenMember(volume.Member!);
        return member.Source.ReadBytes(0, (int)member.Source.Length);
    }
}
