using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// Tells fast whether the functions of two images are the same, addresses aside, where they are of A64 instructions: both sides' code is laid side by side, and only where
/// a word differs is it asked whether an address alone does, and whether it is that of the same place. A function
/// that holds a word of which
/// this is not plain is asked for its fingerprint. The answer is therefore that of <see
/// cref="FunctionFingerprints"/>, several times as
/// fast, for code that was only moved; where code may refer to another place the answer is no, and whoever asks
/// looks closer.
/// </summary>
internal static class SameCode
{
    private const int ChunkBytes = 128 << 10;

    // How far back the adrp is looked for that an offset belongs to; it mostly stands right before.
    private const int LookBack = 64;

    // How far on the use of a page is looked for.
    private const int LookAhead = 16;

    private const uint Imm12 = 0xFFFu << 10;
    private const uint AdrpMask = 0x9F000000;
    private const uint Adrp = 0x90000000;

    /// <summary>
    /// Whether every function has a partner of its size at its place in the order, with the same fingerprint. False where the
    /// instructions are not known.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public static bool IsSame(MachOImage old, FunctionRanges before, MachOImage @new, FunctionRanges after) =>
        IsSame(old, before, @new, after, null);

    /// <summary>
    /// The same, and that the functions refer to the same places as far as <paramref name="targets"/> can tell,
    /// where given.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public static bool IsSame(MachOImage old, FunctionRanges before, MachOImage @new, FunctionRanges after,
        SameTargets? targets)
    {
        if (!BitConverter.IsLittleEndian || Instructions.Of(old) != InstructionSet.Arm64 || Instructions.Of(@new) != InstructionSet.Arm64
            || !before.Sizes.SequenceEqual(after.Sizes) || (targets is not null && !targets.HaveSameSections()))
        {
            return false;
        }

        var left = BoundedArrayPool<byte>.Shared.Rent(ChunkBytes);
        var right = BoundedArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            for (var i = 0; i < before.Count;)
            {
                if (old.FindSection(before.Starts[i]) is not { } section || @new.FindSection(after.Starts[i]) is not { } partner)
                {
                    return false;
                }

                var end = EndOfRun(before, section, after, partner, i);
                var distance = unchecked(after.Starts[i] - before.Starts[i]);
                if (end == i || targets?.CodeMovedBy(distance) == false
                    || !IsSame(Open(old, section, before, i, end), Open(@new, partner, after, i, end),
                        before.Starts[i..end], before.Sizes[i..end], left, right, targets, distance))
                {
                    return false;
                }

                i = end;
            }

            return true;
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(left);
            BoundedArrayPool<byte>.Shared.Return(right);
        }
    }

    /// <summary>How far functions follow each other at the same distances on both sides, whole instructions within the same section.</summary>
    private static int EndOfRun(FunctionRanges before, MachOSection section, FunctionRanges after, MachOSection partner, int first)
    {
        var distance = unchecked(after.Starts[first] - before.Starts[first]);
        var i = first;
        while (i < before.Count
            && unchecked(after.Starts[i] - before.Starts[i]) == distance
            && Holds(section, before.Starts[i], before.Sizes[i]) && Holds(partner, after.Starts[i], after.Sizes[i])
            && ((before.Starts[i] - before.Starts[first]) & 3) == 0 && (before.Sizes[i] & 3) == 0)
        {
            i++;
        }

        return i;
    }

    private static bool Holds(MachOSection section, ulong start, long size) =>
        section.Contains(start) && size <= section.Size - (long)(start - section.Address);

    /// <summary>The code from function <paramref name="first"/> to before <paramref name="end"/>; null where the file has not all of it.</summary>
    private static ByteSource? Open(MachOImage image, MachOSection section, FunctionRanges ranges, int first, int end)
    {
        var source = image.OpenSection(section);
        var (from, to) = ((long)(ranges.Starts[first] - section.Address), (long)(ranges.Starts[end - 1] - section.Address) + ranges.Sizes[end - 1]);
        return to <= source.Length ? source.Slice(from, to - from) : null;
    }

    private static bool IsSame(
        ByteSource? old, ByteSource? @new, ReadOnlySpan<ulong> starts, ReadOnlySpan<long> sizes, byte[] left,
            byte[] right,
        SameTargets? targets, ulong distance)
    {
        if (old is null || @new is null)
        {
            return false;
        }

        // Where sections moved by distances of their own, a page that is at the old distance from the code is
        // another place.
        var asksPages = targets?.MovedBy(distance) == false;

        // The function that holds the word at hand, and whether its fingerprints were found to be equal.
        var (function, isSettled) = (0, false);
        for (var offset = 0L; offset < old.Length;)
        {
            var count = (int)Math.Min(ChunkBytes, old.Length - offset);
            old.ReadExactly(offset, left.AsSpan(0, count));
            @new.ReadExactly(offset, right.AsSpan(0, count));
            var x = MemoryMarshal.Cast<byte, uint>(left.AsSpan(0, count));
            var y = MemoryMarshal.Cast<byte, uint>(right.AsSpan(0, count));
            if (asksPages && !HaveSamePages(x, y, unchecked(starts[0] + (ulong)offset), distance, targets!))
            {
                return false;
            }

            for (var at = NextDifference(x, y, 0); at < x.Length; at = NextDifference(x, y, at + 1))
            {
                var place = offset + (at * 4L);
                while (function < starts.Length && (long)(starts[function] - starts[0]) + sizes[function] <= place)
                {
                    (function, isSettled) = (function + 1, false);
                }

                // The last function ends where the code does.
                var start = (long)(starts[function] - starts[0]);
                if (isSettled || place < start)
                {
                    continue;
                }

                var known = (int)Math.Min(at, (place - start) / 4);
                if (IsAddressAlone(x[at], y[at], (ulong)(place - start), (ulong)sizes[function], x.Slice(at - known, known)))
                {
                    if (targets is not null && !RefersToSame(x, y, at, unchecked(starts[0] + (ulong)offset),
                        distance, targets))
                    {
                        return false;
                    }

                    continue;
                }

                // What a function refers to whose instructions are not plain is not told here.
                if (targets is not null || Fingerprint(old, start, sizes[function]) != Fingerprint(@new, start,
                    sizes[function]))
                {
                    return false;
                }

                isSettled = true;
            }

            offset += count;
        }

        return true;
    }

    private static ulong Fingerprint(ByteSource code, long start, long size) => FunctionFingerprints.OfCode(code.Slice(start, size), InstructionSet.Arm64);

    /// <summary>The first place from <paramref name="from"/> on where two words differ, or their number.</summary>
    private static int NextDifference(ReadOnlySpan<uint> x, ReadOnlySpan<uint> y, int from)
    {
        while (from <= x.Length - Vector256<uint>.Count)
        {
            var differing = ~Vector256.Equals(Vector256.Create(x[from..]), Vector256.Create(y[from..])).ExtractMostSignificantBits() & 0xFF;
            if (differing != 0)
            {
                return from + BitOperations.TrailingZeroCount(differing);
            }

            from += Vector256<uint>.Count;
        }

        while (from < x.Length && x[from] == y[from])
        {
            from++;
        }

        return from;
    }

    /// <summary>
    /// Whether two different instructions at one place of a function give the same token for certain. What came before has given the
    /// same tokens on both sides, so that the same registers hold pages.
    /// </summary>
    /// <param name="x">The old instruction.</param>
    /// <param name="y">The new instruction.</param>
    /// <param name="offset">Where both stand in their function.</param>
    /// <param name="size">Bytes of the function.</param>
    /// <param name="before">The instructions before, back to the function's first or as far as they are known.</param>
    private static bool IsAddressAlone(uint x, uint y, ulong offset, ulong size, ReadOnlySpan<uint> before)
    {
        var differing = x ^ y;
        if ((x & 0x1F000000) == 0x10000000)
        {
            // adr, adrp
            return (differing & 0x9F00001F) == 0;
        }

        if ((x & 0x7C000000) == 0x14000000)
        {
            // b, bl
            return (differing & 0xFC000000) == 0 && !IsInside(x, offset, size) && !IsInside(y, offset, size);
        }

        if ((x & 0x3B000000) == 0x18000000)
        {
            // A literal that is loaded.
            return (differing & 0xFF00001F) == 0;
        }

        // add, and loads and stores by an unsigned offset.
        return ((x & 0x7FC00000) == 0x11000000 || (x & 0x3B000000) == 0x39000000)
            && (differing & ~Imm12) == 0 && HoldsPage((x >> 5) & 31, before);
    }

    /// <summary>
    /// Whether two words at one place, of which <see cref="IsAddressAlone"/> holds, refer to the same place.
    /// </summary>
    private static bool RefersToSame(ReadOnlySpan<uint> x, ReadOnlySpan<uint> y, int at, ulong origin,
        ulong distance, SameTargets targets)
    {
        var word = x[at];
        var address = unchecked(origin + ((ulong)at * 4));
        if ((word & AdrpMask) == Adrp)
        {
            return HasSamePage(x, y, at, origin, distance, targets);
        }

        if ((word & 0x7C000000) == 0x14000000)
        {
            return targets.IsSamePlace(Add(address, (long)(int)(word << 6) >> 4), Add(address + distance,
                (long)(int)(y[at] << 6) >> 4));
        }

        if ((word & 0x1F000000) == 0x10000000)
        {
            return targets.IsSamePlace(Add(address, PcRelative(word)), Add(address + distance, PcRelative(y[at])));
        }

        if ((word & 0x3B000000) == 0x18000000)
        {
            return targets.IsSamePlace(Add(address, (long)((int)(word << 8) >> 13) << 2), Add(address + distance,
                (long)((int)(y[at] << 8) >> 13) << 2));
        }

        // The adrp that is nearest before, as it was found for its sake.
        for (var i = at - 1; i >= 0; i--)
        {
            if ((x[i] & 0x9F00001F) == (Adrp | ((word >> 5) & 31)))
            {
                return targets.IsSamePlace(PlaceOf(x[i], word, origin, i), PlaceOf(y[i], y[at],
                    unchecked(origin + distance), i));
            }
        }

        return false;
    }

    /// <summary>Whether every page that is taken at the same distance on both sides is used for one place.</summary>
    private static bool HaveSamePages(ReadOnlySpan<uint> x, ReadOnlySpan<uint> y, ulong origin, ulong distance,
        SameTargets targets)
    {
        var (mask, adrp) = (Vector256.Create(AdrpMask), Vector256.Create(Adrp));
        for (var i = 0; i < x.Length; i += Vector256<uint>.Count)
        {
            if (i + Vector256<uint>.Count <= x.Length && !Vector256.EqualsAny(Vector256.Create(x[i..]) & mask, adrp))
            {
                continue;
            }

            for (var at = i; at < Math.Min(i + Vector256<uint>.Count, x.Length); at++)
            {
                if ((x[at] & AdrpMask) == Adrp && x[at] == y[at] && !HasSamePage(x, y, at, origin, distance, targets))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>
    /// Whether the first use of a page is of one place; what uses it farther on, or not at all, is not looked for.
    /// </summary>
    private static bool HasSamePage(ReadOnlySpan<uint> x, ReadOnlySpan<uint> y, int at, ulong origin, ulong distance,
        SameTargets targets)
    {
        var register = x[at] & 31;
        for (var i = at + 1; i < Math.Min(at + LookAhead, x.Length); i++)
        {
            if (((x[i] & 0x7FC00000) == 0x11000000 || (x[i] & 0x3B000000) == 0x39000000)
                && ((x[i] >> 5) & 31) == register)
            {
                return targets.IsSamePlace(PlaceOf(x[at], x[i], origin, at), PlaceOf(y[at], y[i],
                    unchecked(origin + distance), at));
            }

            if (!Arm64Tokens<NoSink>.KeepsPage(x[i], register))
            {
                return true;
            }
        }

        return true;
    }

    /// <summary>The place that an add, load or store uses with the page of an adrp.</summary>
    private static ulong PlaceOf(uint adrp, uint use, ulong origin, int at)
    {
        var page = unchecked(((origin + ((ulong)at * 4)) & ~0xFFFUL) + ((ulong)PcRelative(adrp) << 12));
        var scale = (use & 0x3B000000) == 0x39000000 ? Arm64Loads.Width(use) : 1;
        return unchecked(page + (((use >> 10) & 0xFFF) * (ulong)scale));
    }

    private static long PcRelative(uint word) => (int)(((word >> 29) & 3) | ((word >> 3) & 0x1FFFFC)) << 11 >> 11;

    private static ulong Add(ulong address, long distance) => unchecked(address + (ulong)distance);

    private static bool IsInside(uint branch, ulong offset, ulong size) => unchecked(offset + (ulong)((long)(int)(branch << 6) >> 4)) < size;

    private static bool HoldsPage(uint register, ReadOnlySpan<uint> before)
    {
        // As a base, register 31 is the stack pointer.
        var end = register == 31 ? before.Length : Math.Max(0, before.Length - LookBack);
        for (var i = before.Length - 1; i >= end; i--)
        {
            var word = before[i];
            if ((word & 0x9F00001F) == (0x90000000 | register))
            {
                return true;
            }

            if (!Arm64Tokens<NoSink>.KeepsPage(word, register))
            {
                return false;
            }
        }

        return false;
    }

    private struct NoSink : ITokenSink
    {
        public readonly void Add(uint token)
        {
        }
    }
}
