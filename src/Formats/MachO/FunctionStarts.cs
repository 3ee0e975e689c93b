using System.Buffers;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>
/// Addresses of an image's functions (LC_FUNCTION_STARTS): ULEB128 distances, the first from the image's base, a zero ends the table.
/// </summary>
public sealed class FunctionStarts
{
    private const int ChunkBytes = 32 << 10;

    private readonly ulong[] _starts;
    private readonly MachOImage _image;

    private FunctionStarts(ulong[] starts, MachOImage image)
    {
        _starts = starts;
        _image = image;
    }

    /// <summary>How many functions there are.</summary>
    public int Count => _starts.Length;

    /// <summary>
    /// Their addresses, ascending. In 32-bit ARM images the lowest bit marks Thumb code, as in the file.
    /// </summary>
    public ReadOnlySpan<ulong> Starts => _starts;

    /// <summary>
    /// Fills <paramref name="ends"/>, as long as <see cref="Starts"/>, with the first address past each function: the next function's
    /// start, or the end of the section the function lies in if that comes first; its own start if it lies in no section.
    /// </summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public void GetEnds(Span<ulong> ends)
    {
        if (ends.Length != _starts.Length)
        {
            throw new ArgumentException($"{_starts.Length} places are needed, {ends.Length} were given", nameof(ends));
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
        var starts = ArrayPool<ulong>.Shared.Rent(1024);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(data.Length, 1, ChunkBytes));
        try
        {
            var count = 0;
            var address = image.BaseAddress;
            var delta = 0UL;
            var shift = 0;
            for (var offset = 0L; offset < data.Length;)
            {
                var chunk = buffer.AsSpan(0, data.ReadUpTo(offset, buffer));
                foreach (var value in chunk)
                {
                    if (shift > 63 || (shift == 63 && (value & 0x7E) != 0))
                    {
                        throw MachOFormat.Fault(offset, $"function start {count}: a distance of more than 64 bits");
                    }

                    delta |= (ulong)(value & 0x7F) << shift;
                    shift += 7;
                    if ((value & 0x80) != 0)
                    {
                        continue;
                    }

                    if (delta == 0)
                    {
                        return new FunctionStarts(starts.AsSpan(0, count).ToArray(), image);
                    }

                    if (address > ulong.MaxValue - delta)
                    {
                        throw MachOFormat.Fault(offset, $"function start {count} passes the end of memory");
                    }

                    address += delta;
                    if (count == starts.Length)
                    {
                        starts = Grow(starts);
                    }

                    starts[count++] = address;
                    delta = 0;
                    shift = 0;
                }

                offset += chunk.Length;
            }

            if (shift != 0)
            {
                throw MachOFormat.Fault(data.Length, "the function starts end within a number");
            }

            return new FunctionStarts(starts.AsSpan(0, count).ToArray(), image);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            ArrayPool<ulong>.Shared.Return(starts);
        }
    }

    private static ulong[] Grow(ulong[] full)
    {
        var grown = ArrayPool<ulong>.Shared.Rent(full.Length * 2);
        full.CopyTo(grown, 0);
        ArrayPool<ulong>.Shared.Return(full);
        return grown;
    }
}
