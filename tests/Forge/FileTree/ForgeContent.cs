namespace IpswDiff.Forge.FileTree;

/// <summary>
/// The bytes of a file: a length, a way to read them as often as wanted, and where they have holes. Nothing is held in memory
/// unless the content was made from an array.
/// </summary>
public sealed class ForgeContent
{
    private readonly Func<Stream> _open;

    private ForgeContent(long length, Func<Stream> open, IReadOnlyList<ForgeRange> holes)
    {
        Length = length;
        Holes = holes;
        _open = open;
    }

    public static ForgeContent Empty { get; } = FromBytes([]);

    /// <summary>Logical length in bytes.</summary>
    public long Length { get; }

    /// <summary>Ranges that are not stored and read as zeros, ascending, apart from each other.</summary>
    public IReadOnlyList<ForgeRange> Holes { get; }

    public static ForgeContent FromBytes(byte[] bytes) => new(bytes.Length, () => new MemoryStream(bytes, writable: false), []);

    public static ForgeContent FromText(string text) => FromBytes(System.Text.Encoding.UTF8.GetBytes(text));

    public static ForgeContent FromFile(string path) => new(new FileInfo(path).Length, () => File.OpenRead(path), []);

    /// <summary>Bytes of a stream that <paramref name="open"/> can open again and again, the same each time.</summary>
    public static ForgeContent FromStream(long length, Func<Stream> open) => new(length, open, []);

    /// <summary>Incompressible bytes that depend on the seed only.</summary>
    public static ForgeContent Random(ulong seed, long length)
        => Generated(length, (block, span) => new ForgeRandom(seed ^ ((ulong)block * 0x9E3779B97F4A7C15)).Fill(span));

    /// <summary>Bytes made by a function, block by block of 64 KiB: it is given the block's number and the span to fill.</summary>
    public static ForgeContent Generated(long length, GenerateBlock generate) => new(length, () => new GeneratedStream(length, generate), []);

    /// <summary>A sparse file: only <paramref name="parts"/> (ascending, apart) hold data. Writers may store a hole's edges as zeros to fit their blocks.</summary>
    public static ForgeContent Sparse(long length, params (long Offset, byte[] Bytes)[] parts)
    {
        var holes = new List<ForgeRange>();
        long end = 0;
        foreach (var (offset, bytes) in parts)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(offset, end);
            if (offset > end)
            {
                holes.Add(new ForgeRange(end, offset - end));
            }

            end = offset + bytes.Length;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(length, end);
        if (length > end)
        {
            holes.Add(new ForgeRange(end, length - end));
        }

        return new ForgeContent(length, () => new GeneratedStream(length, (block, span) => FillSparse(parts, block, span)), holes);
    }

    /// <summary>A new stream over all <see cref="Length"/> bytes, holes as zeros.</summary>
    public Stream Open() => _open();

    /// <summary>All bytes at once.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[checked((int)Length)];
        using var stream = Open();
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static void FillSparse((long Offset, byte[] Bytes)[] parts, long block, Span<byte> span)
    {
        span.Clear();
        var start = block * GeneratedStream.BlockSize;
        foreach (var (offset, bytes) in parts)
        {
            var from = Math.Max(start, offset);
            var to = Math.Min(start + span.Length, offset + bytes.Length);
            if (from < to)
            {
                bytes.AsSpan((int)(from - offset), (int)(to - from)).CopyTo(span[(int)(from - start)..]);
            }
        }
    }
}

/// <summary>Fills the <paramref name="block"/>th 64 KiB of a generated content; the last span may be shorter.</summary>
public delegate void GenerateBlock(long block, Span<byte> destination);

/// <summary>A range of bytes.</summary>
public readonly record struct ForgeRange(long Offset, long Length)
{
    public long End => Offset + Length;
}
