using System.Buffers.Binary;
using System.Runtime.InteropServices;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// Where the functions of an image lie: those of LC_FUNCTION_STARTS; an image of arm64e or what came after it has without it one at every
/// <c>pacibsp</c> of its <c>__text</c>. In arrays of the pool, to be disposed; does not change until then.
/// </summary>
internal sealed class FunctionRanges : IDisposable
{
    private const uint Pacibsp = 0xD503237F;
    private const int BufferBytes = 256 << 10;

    private ulong[] _starts;
    private long[] _sizes;

    private FunctionRanges(ulong[] starts, int count) => (_starts, _sizes, Count) = (starts, BoundedArrayPool<long>.Shared.Rent(count), count);

    /// <summary>How many functions there are.</summary>
    public int Count { get; private set; }

    /// <summary>Addresses, ascending.</summary>
    public ReadOnlySpan<ulong> Starts => _starts.AsSpan(0, Count);

    /// <summary>Bytes of each function, padding up to the next one included.</summary>
    public ReadOnlySpan<long> Sizes => _sizes.AsSpan(0, Count);

    /// <summary>Finds the functions of an image, without reading more code than finding them takes.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public static FunctionRanges Find(MachOImage image)
    {
        using var found = image.ReadFunctionStarts();
        if (found is not null)
        {
            var starts = BoundedArrayPool<ulong>.Shared.Rent(found.Count);
            found.Starts.CopyTo(starts);
            var ranges = new FunctionRanges(starts, found.Count);
            var ends = MemoryMarshal.Cast<long, ulong>(ranges._sizes.AsSpan(0, found.Count));
            found.GetEnds(ends);
            for (var i = 0; i < ends.Length; i++)
            {
                ranges._sizes[i] = ends[i] > starts[i] ? (long)(ends[i] - starts[i]) : 0;
            }

            return ranges;
        }

        var text = image.FindSection("__TEXT_EXEC", "__text") ?? image.FindSection("__TEXT", "__text");
        return image.Architecture.SignsReturnAddresses && text is { Size: > 0 } ? ScanForPrologues(image, text) : new FunctionRanges([], 0);
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
        var starts = BoundedArrayPool<ulong>.Shared.Rent(1024);
        var count = 0;
        var buffer = BoundedArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var offset = 0L; offset < source.Length;)
            {
                var chunk = buffer.AsSpan(0, source.ReadUpTo(offset, buffer.AsSpan(0, BufferBytes)));
                for (var i = 0; i + 4 <= chunk.Length; i += 4)
                {
                    if (BinaryPrimitives.ReadUInt32LittleEndian(chunk[i..]) == Pacibsp)
                    {
                        if (count == starts.Length)
                        {
                            BoundedArrayPool<ulong>.Shared.Grow(ref starts);
                        }

                        starts[count++] = unchecked(text.Address + (ulong)(offset + i));
                    }
                }

                offset += chunk.Length;
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }

        var ranges = new FunctionRanges(starts, count);
        for (var i = 0; i < count; i++)
        {
            var end = i + 1 < count ? starts[i + 1] : unchecked(text.Address + (ulong)source.Length);
            ranges._sizes[i] = (long)unchecked(end - starts[i]);
        }

        return ranges;
    }

    /// <summary>Gives the arrays back.</summary>
    public void Dispose()
    {
        BoundedArrayPool<ulong>.Shared.Return(_starts);
        BoundedArrayPool<long>.Shared.Return(_sizes);
        (_starts, _sizes, Count) = ([], [], 0);
    }
}
