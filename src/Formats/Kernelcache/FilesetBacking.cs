using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>
/// An image of a fileset: its commands count file offsets in the whole collection. Its header ends where the next one begins, so
/// that all headers together are no longer than the file.
/// </summary>
internal sealed class FilesetBacking(ByteSource collection, long headerOffset, long headerLength) : MachOBacking
{
    private readonly FileMachOBacking _file = new(collection);

    public override ByteSource Header { get; } = collection.Slice(headerOffset, headerLength);

    public override ByteSource OpenAddress(MachOImage image, ulong address, long size) => _file.OpenAddress(image, address, size);

    public override ByteSource OpenSection(MachOImage image, MachOSection section) => _file.OpenSection(image, section);

    public override ByteSource OpenLinkedit(long offset, long size) => _file.OpenLinkedit(offset, size);
}
