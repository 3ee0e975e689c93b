using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// Addresses of an image's functions (LC_FUNCTION_STARTS): ULEB128 distances, the first from the image's base, a zero ends the table.
/// In an array of the pool, to be disposed; does not change until then.
/// </summary>
public sealed class FunctionStarts : IDisposable
{
    private const int ChunkBytes = 32 << 10;

    private readonly MachOImage _image;
    private ulong[] _starts;

    private FunctionStarts(ulong[] starts, int count, MachOImage image)
    {
        _starts = starts;
        Count = count;
        _image = image;
    }

    /// <summary>How many functions there are.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Their addresses, ascending. In 32-bit ARM images the lowest bit marks Thumb code, as in the file.
    /// </summary>
    public ReadOnlySpan<ulong> Starts => _starts.AsSpan(0, Count);

    /// <summary>
    /// Fills <paramref name="ends"/>, as long as <see cref="Starts"/>, with the first address past each function: the next function's
    /// start, or the end of the section the function lies in if that comes first; its own start if it lies in no section.
    /// </summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public void GetEnds(Span<ulong> ends)
    {
        if (ends.Length != Count)
        {
            throw new ArgumentException($"{Count} places are needed, {ends.Length} were given", nameof(ends));
        }

        // Both ascend, so one walk over the sections serves all functions.
        var sections = _image.Sections.Where(static section => section.Size > 0).OrderBy(static section => section.Address).ToArray();
        var at = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            var start = _starts[i];
            while (at + 1 < sections.Length && sections[at + 1].Address <= start)
            {
                at++;
            }

            // The end of a section that reaches the top of memory is 0; its last address is not.
            var last = at < sections.Length && sections[at].Contains(start) ? sections[at].Address + (ulong)(sections[at].Size - 1) : start - 1;
            ends[i] = i + 1 < ends.Length && _starts[i + 1] <= last ? _starts[i + 1] : last + 1;
        }
    }

    internal static FunctionStarts Read(ByteSource data, MachOImage image)
    {
        var starts = BoundedArrayPool<ulong>.Shared.Rent(1024);
        var buffer = BoundedArrayPool<byte>.Shared.Rent((int)Math.Clamp(data.Length, 1, ChunkBytes));
        try
        {
            var count = 0;
            var address = image.BaseAddress;
            var number = default(Uleb128);
            for (var offset = 0L; offset < data.Length;)
            {
                var chunk = buffer.AsSpan(0, data.ReadUpTo(offset, buffer));
                foreach (var value in chunk)
                {
                    if (!number.TryAdd(value))
                    {
                        throw MachOFormat.Fault(offset, $"function start {count}: a distance of more than 64 bits");
                    }

                    if (!Uleb128.IsLast(value))
                    {
                        continue;
                    }

                    var delta = number.Value;
                    number = default;
                    if (delta == 0)
                    {
                        return Take(ref starts, count, image);
                    }

                    if (address > ulong.MaxValue - delta)
                    {
                        throw MachOFormat.Fault(offset, $"function start {count} passes the end of memory");
                    }

                    address += delta;
                    if (count == starts.Length)
                    {
                        BoundedArrayPool<ulong>.Shared.Grow(ref starts);
                    }

                    starts[count++] = address;
                }

                offset += chunk.Length;
            }

            if (number.IsBegun)
            {
                throw MachOFormat.Fault(data.Length, "the function starts end within a number");
            }

            return Take(ref starts, count, image);
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
            BoundedArrayPool<ulong>.Shared.Return(starts);
        }
    }

    // The array changes hands: what is left is nothing to give back.
    private static FunctionStarts Take(ref ulong[] starts, int count, MachOImage image)
    {
        var taken = new FunctionStarts(starts, count, image);
        starts = [];
        return taken;
    }

    /// <summary>Gives the array back.</summary>
    public void Dispose()
    {
        BoundedArrayPool<ulong>.Shared.Return(_starts);
        (_starts, Count) = ([], 0);
    }
}
