using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IpswDiff.Formats.Compression;

/// <summary>
/// Copies of LZ decoders in whole vectors. They read and write up to 15 bytes more than asked, so callers check beforehand that
/// both buffers have that room.
/// </summary>
internal static class WideCopy
{
    /// <summary>Copies between buffers that do not overlap; room for <paramref name="count"/> rounded up to 16 (at least 16) on both sides.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Run16(ref byte from, ref byte to, nint count)
    {
        Vector128.LoadUnsafe(ref from).StoreUnsafe(ref to);
        for (nint i = 16; i < count; i += 16)
        {
            Vector128.LoadUnsafe(ref from, (nuint)i).StoreUnsafe(ref to, (nuint)i);
        }
    }

    /// <summary>
    /// Repeats what lies <paramref name="distance"/> bytes before <paramref name="to"/>; room for 32 bytes past
    /// <paramref name="count"/>, and <paramref name="distance"/> bytes before.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Match(ref byte to, nint distance, nint count)
    {
        if (distance >= 16)
        {
            Run16(ref Unsafe.Subtract(ref to, distance), ref to, count);
        }
        else
        {
            Near(ref to, distance, count);
        }
    }

    /// <summary>A match with no room behind it, and bounds checked by the span.</summary>
    internal static void MatchExact(Span<byte> output, int position, int distance, int count)
    {
        if (distance >= count)
        {
            output.Slice(position - distance, count).CopyTo(output[position..]);
            return;
        }

        var target = output.Slice(position - distance, distance + count);
        for (var i = distance; i < target.Length; i++)
        {
            target[i] = target[i - distance];
        }
    }

    private static ReadOnlySpan<byte> Multiples => [0, 8, 8, 9, 8, 10, 12, 14];

    private static void Near(ref byte to, nint distance, nint count)
    {
        ref var from = ref Unsafe.Subtract(ref to, distance);
        if (distance < 8)
        {
            // The pattern once by bytes; then it can be read from the nearest multiple of its length that is 8 or more back.
            for (nint i = 0; i < 8; i++)
            {
                Unsafe.Add(ref to, i) = Unsafe.Add(ref from, i);
            }

            distance = Multiples[(int)distance];
            for (nint i = 8; i < count; i += 8)
            {
                Eight(ref Unsafe.Add(ref to, i - distance), ref Unsafe.Add(ref to, i));
            }

            return;
        }

        for (nint i = 0; i < count; i += 8)
        {
            Eight(ref Unsafe.Add(ref from, i), ref Unsafe.Add(ref to, i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight(ref byte from, ref byte to) => Unsafe.WriteUnaligned(ref to, Unsafe.ReadUnaligned<ulong>(ref from));
}
