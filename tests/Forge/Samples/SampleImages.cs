using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Udif;

namespace IpswDiff.Forge.Samples;

/// <summary>Disk images of the samples' volumes: APFS in GPT in UDIF, packed by what depends on no processor.</summary>
internal static class SampleImages
{
    /// <summary>An image of one volume.</summary>
    /// <param name="name">The volume's name; volumes of the same name and tree are the same image.</param>
    /// <param name="tree">What is in it.</param>
    /// <param name="transaction">The container's last transaction: a later system was written to more often.</param>
    public static byte[] Write(string name, ForgeTree tree, ulong transaction)
    {
        using var output = new MemoryStream();
        ForgeImage.WriteDmg(output, [new ApfsVolume(name, tree) { Role = ApfsRole.System }], new ForgeImageOptions
        {
            Apfs = new ApfsOptions { Uuid = SampleUuid.For(name), TransactionId = transaction },
            Udif = new UdifOptions { PortableZlib = true },
        });
        return output.ToArray();
    }
}
