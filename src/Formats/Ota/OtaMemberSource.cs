using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Ipsw;

namespace IpswDiff.Formats.Ota;

/// <summary>A file of an update that is opened, and unpacked where it must be, when it is first read.</summary>
internal sealed class OtaMemberSource(OtaArchive archive, IpswMember member) : ByteSource
{
    private readonly WeakReference<ByteSource?> _opened = new(null);

    public override long Length => member.Size;

    protected override string Kind => OtaArchive.Format;

    protected override void ReadCore(long offset, Span<byte> destination)
    {
        if (!_opened.TryGetTarget(out var source))
        {
            source = archive.OpenMember(member);
            _opened.SetTarget(source);
        }

        source.ReadExactly(offset, destination);
    }
}
