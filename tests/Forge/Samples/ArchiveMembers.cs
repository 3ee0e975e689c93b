using System.Text;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;

namespace IpswDiff.Forge.Samples;

/// <summary>What is loose in the archives besides the volumes.</summary>
internal static class ArchiveMembers
{
    private static readonly string[] Manifests = ["BuildManifest.plist", "Restore.plist"];

    /// <summary>Adds the loose members to both archives, writes down their changes, and writes the archives.</summary>
    public static (byte[] Old, byte[] New) Plan(ArchivePlan plan, IpswBuilder old, IpswBuilder @new)
    {
        void Member(string name, string? before, string? after)
        {
            Put(old, name, before);
            Put(@new, name, after);
            if (before != after)
            {
                plan.Plant(name, Bytes(before), Bytes(after));
            }
        }

        Member("Firmware/changed.txt", "firmware of 1.0\n", "firmware of 1.1, with more to say\n");
        Member("Firmware/all_flash/kept.txt", "the same in both\n", "the same in both\n");
        Member("Firmware/all_flash/added.txt", null, "only in 1.1\n");
        Member("Firmware/dfu/removed.txt", "only in 1.0\n", null);
        Member("LICENSES.txt", Licences(), Licences());

        // Both name the builds and the digests of the volumes.
        foreach (var manifest in Manifests)
        {
            plan.Plant(manifest, Read(old, manifest), Read(@new, manifest));
        }

        return (old.ToArray(), @new.ToArray());
    }

    private static byte[] Read(IpswBuilder builder, string name) => builder.AllMembers().Single(member => member.Path == name).Content.ToArray();

    private static void Put(IpswBuilder builder, string name, string? text)
    {
        if (text is not null)
        {
            builder.AddMember(name, ForgeContent.FromText(text));
        }
    }

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    private static string Licences()
    {
        var text = new StringBuilder("Binaries in these volumes come from the npm packages below. Their licences follow.\n");
        foreach (var (package, version) in SampleBinaries.Packages)
        {
            text.Append('\n').Append(package).Append("\n\n").Append(Encoding.UTF8.GetString(SampleBinaries.Read($"npm/{package}/{version}/LICENSE")));
        }

        return text.ToString();
    }
}
