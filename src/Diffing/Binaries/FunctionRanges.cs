using System.Buffers;
using System.Buffers.Binary;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries;

/// <summary>
/// Where the functions of an image lie: those of LC_FUNCTION_STARTS; an arm64e image without it has one at every <c>pacibsp</c> of its
/// <c>__text</c>. Immutable.
/// </summary>
internal sealed class FunctionRanges
{
    private const uint Pacibsp = 0xD503237F;
    private const int BufferBytes = 256 << 10;

    private readonly ulong[] _starts;
    private readonly long[] _sizes;

    private FunctionRanges(ulong[] starts, long[] sizes) => (_starts, _sizes) = (starts, sizes);

    /// <summary>How many functions there are.</summary>
    public int Count => _starts.Length;

    /// <summary>Addresses, ascending.</summary>
    public ReadOnlySpan<ulong> Starts => _starts;

    /// <summary>Bytes of each function, padding up to the next one included.</summary>
    public ReadOnlySpan<long> Sizes => _sizes;

    /// <summary>Finds the functions of an image, without reading more code than finding them takes.</summary>
    /// <exception cref="Formats.FirmwareFormatException">The image is damaged.</exception>
    public static FunctionRanges Find(MachOImage image)
    {
        if (image.ReadFunctionStarts() is { } found)
        {
            var ends = new ulong[found.Count];
            found.GetEnds(ends);
            var starts = found.Starts.ToArray();
            var sizes = new long[starts.Length];
            for (var i = 0; i < sizes.Length; i++)
            {
                sizes[i] = ends[i] > starts[i] ? (long)(ends[i] - starts[i]) : 0;
            }

            return new FunctionRanges(starts, sizes);
        }

        var text = image.FindSection("__TEXT_EXEC", "__text") ?? image.FindSection("__TEXT", "__text");
        return image.Arch == "arm64e" && text is { Size: > 0 } ? ScanForPrologues(image, text) : new FunctionRanges([], []);
    }

    /// <summary>Whether a function begins in <paramref name="section"/>.</summary>
    public bool ReachInto(MachOSection section)
    {
        var index = Starts.BinarySearch(section.Address);
        index = index < 0 ? ~index : index;
        return index < Count && section.Contains(_starts[index]);
    }

    /// <summary>Every <c>pacibsp</c>: the first instruction of a function that saves a signed return address.</summary>
    private static FunctionRanges ScanForPrologues(MachOImage image, MachOSection text)
    {
        var source = image.OpenSection(text);
        var starts = new List<ulong>();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var offset = 0L; offset < source.Length;)
            {
                var chunk = buffer.AsSpan(0, source.ReadUpTo(offset, buffer.AsSpan(0, BufferBytes)));
                for (var i = 0; i + 4 <= chunk.Length; i += 4)
                {
                    if (BinaryPrimitives.ReadUInt32LittleEndian(chunk[i..]) == Pacibsp)
                    {
                        starts.Add(unchecked(text.Address + (ulong)(offset + i)));
                    }
                }

                offset += chunk.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        var sizes = new long[starts.Count];
        for (var i = 0; i < sizes.Length; i++)
        {
            var end = i + 1 < sizes.Length ? starts[i + 1] : unchecked(text.Address + (ulong)source.Length);
            sizes[i] = (long)unchecked(end - starts[i]);
        }

        return new FunctionRanges([.. starts], sizes);
    }
}
