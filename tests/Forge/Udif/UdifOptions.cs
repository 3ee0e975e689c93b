namespace IpswDiff.Forge.Udif;

/// <summary>How a chunk is stored; the values are those of a block table's entries.</summary>
public enum UdifChunkKind : uint
{
    /// <summary>A range of zeros that checksums count.</summary>
    Zero = 0,
    Raw = 1,

    /// <summary>A range of zeros that checksums pass over.</summary>
    Ignore = 2,
    Adc = 0x80000004,
    Zlib = 0x80000005,
    Bzip2 = 0x80000006,
    Lzfse = 0x80000007,
    Lzma = 0x80000008,
}

/// <summary>How a UDIF image is written.</summary>
public sealed record UdifOptions
{
    /// <summary>The kind of every chunk that holds anything but zeros, unless <see cref="KindOf"/> says otherwise.</summary>
    public UdifChunkKind Kind { get; init; } = UdifChunkKind.Zlib;

    /// <summary>Chooses a kind by the number of the chunk in the image.</summary>
    public Func<int, UdifChunkKind>? KindOf { get; init; }

    /// <summary>What zeros become: <see cref="UdifChunkKind.Zero"/>, <see cref="UdifChunkKind.Ignore"/>, or <see cref="UdifChunkKind.Raw"/> to store them like the rest.</summary>
    public UdifChunkKind Zeros { get; init; } = UdifChunkKind.Ignore;

    /// <summary>512-byte sectors in a chunk.</summary>
    public int ChunkSectors { get; init; } = 1024;

    /// <summary>Whether the whole disk has one block table instead of one a piece.</summary>
    public bool SingleTable { get; init; }

    /// <summary>Zlib streams that depend on no processor, for images that are committed; they are larger and slower.</summary>
    public bool PortableZlib { get; init; }

    /// <summary>Bytes before the data fork.</summary>
    public int DataForkOffset { get; init; }

    public Guid SegmentId { get; init; } = new("5e6f7a8b-0000-4000-8000-49707377466f");
}
