using System.Buffers.Binary;
using System.Globalization;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// Whether two tables of constant data that two functions read are the same: byte by byte, and where they hold
/// pointers or distances,
/// by what those lead to. A table that several functions read is none of the code of any.
/// </summary>
internal sealed class TableComparison(TargetComparison targets, TableReaders old, TableReaders @new)
{
    private const ulong Longest = 64 << 10;

    private readonly Dictionary<(ulong Old, ulong New), bool> _known = [];

    /// <summary>
    /// Whether the tables at two addresses are the same, seen from the functions <paramref name="i"/> and <paramref
    /// name="j"/>.
    /// </summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public bool AreSame(ulong x, ulong y, int i, int j, int depth)
    {
        if (_known.TryGetValue((x, y), out var known))
        {
            return known;
        }

        // What pointers lead to may lead back here.
        _known[(x, y)] = true;
        var isSame = Difference(x, y, i, j, depth) is null || !old.IsAlone(x, i) || !@new.IsAlone(y, j);
        _known[(x, y)] = isSame;
        return isSame;
    }

    /// <summary>Whether the numbers at two addresses are the same, or lead to the same.</summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public bool AreSameNumbers(ulong x, ulong y, int width, int i, int j, int depth) =>
        Same(x, y, (ulong)width) == (ulong)width || (width == 8 && ReadPointers(x, y) is var (left, right)
            && AreOne(left, right, i, j, depth));

    /// <summary>Where the pointers at two addresses of data lead to within the images; null where they are none.</summary>
    public (ulong Old, ulong New)? ReadPlaces(ulong x, ulong y) =>
        old.Targets.IsConstant(x) && @new.Targets.IsConstant(y)
        && ReadPointers(x, y) is var (left, right) && left.Import is null && right.Import is null ? (left.Address, right.Address) : null;

    /// <summary>Both tables by name and by the first place where they differ.</summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public TargetChange Describe(TargetPair pair, string oldName, string newName)
    {
        var at = Difference(pair.Old, pair.New, old.ReaderOf(pair.Old), @new.ReaderOf(pair.New), 0) ?? 0;
        return new TargetChange(pair.Kind, Text(old, pair.Old, oldName, at), Text(@new, pair.New, newName, at));
    }

    private static string Text(TableReaders side, ulong address, string name, ulong at)
    {
        Span<byte> bytes = stackalloc byte[4];
        return side.Targets.Memory.TryRead(address + at, bytes)
            ? string.Create(CultureInfo.InvariantCulture,
                $"{name}+0x{at:x}: 0x{BinaryPrimitives.ReadUInt32LittleEndian(bytes):x}")
            : name;
    }

    /// <summary>Where two tables differ first; null where they do not as far as both reach.</summary>
    private ulong? Difference(ulong x, ulong y, int i, int j, int depth)
    {
        // How far data reach is known only from what refers to their neighbours; equal bytes need not be asked for it.
        var known = Same(x, y, Longest);
        var length = known < 16 || known < Longest ? Math.Min(Math.Min(old.Length(x), @new.Length(y)), Longest)
            : Longest;
        for (var at = known & ~3UL; at < length;)
        {
            if (length - at < 4)
            {
                return Same(x + at, y + at, length - at) < length - at ? at : null;
            }

            if (((x + at) & 7) == 0 && ((y + at) & 7) == 0 && length - at >= 8
                && ReadPointers(x + at, y + at) is var (left, right))
            {
                if (!AreOne(left, right, i, j, depth))
                {
                    // Without a name it may be the neighbour's pointer: code that refers into the middle of it does
                    // not show where it begins.
                    return HasName(x, y) ? at : null;
                }

                at += 8;
            }
            else if (Same(x + at, y + at, 4) == 4 || AreDistancesToOne(x, y, at, i, j, depth))
            {
                at += 4;
            }
            else
            {
                return at;
            }
        }

        return null;
    }

    private ulong Same(ulong x, ulong y, ulong most)
    {
        ulong at = 0;
        while (at < most)
        {
            var left = old.Targets.Memory.Page(x + at);
            var right = @new.Targets.Memory.Page(y + at);
            var count = (int)Math.Min((ulong)Math.Min(left.Length, right.Length), most - at);
            if (count == 0)
            {
                return at;
            }

            var same = left[..count].CommonPrefixLength(right[..count]);
            at += (ulong)same;
            if (same < count)
            {
                return at;
            }
        }

        return most;
    }

    private bool HasName(ulong x, ulong y) => old.Targets.Symbols.Find(x) is not null
        && @new.Targets.Symbols.Find(y) is not null;

    private (MachOPointer Old, MachOPointer New)? ReadPointers(ulong x, ulong y) =>
        !old.Targets.IsText(x) && !@new.Targets.IsText(y)
        && old.Targets.Memory.ReadPointer(x) is { } left && @new.Targets.Memory.ReadPointer(y) is { } right
            && IsPlace(old, left) && IsPlace(@new, right)
            ? (left, right)
            : null;

    private static bool IsPlace(TableReaders side, MachOPointer pointer) =>
        pointer.Import is not null || (pointer.Address != 0 && side.Targets.FindSection(pointer.Address) is not null);

    private bool AreOne(MachOPointer left, MachOPointer right, int i, int j, int depth)
    {
        if (left.Import is not null || right.Import is not null)
        {
            return left.Import == right.Import;
        }

        // Both may lead into data that cannot be told from its neighbours, as descriptions of types.
        return AreKnown(left.Address, right.Address) ? targets.IsSame(left.Address, right.Address, i, j, depth)
            : old.Targets.FindSection(left.Address)!.Name == @new.Targets.FindSection(right.Address)!.Name;
    }

    /// <summary>Distances of 32 bits count from the table or from where they stand.</summary>
    private bool AreDistancesToOne(ulong x, ulong y, ulong at, int i, int j, int depth)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (!old.Targets.Memory.TryRead(x + at, bytes[..4]) || !@new.Targets.Memory.TryRead(y + at, bytes[4..]))
        {
            return false;
        }

        var (left, right) = ((ulong)BinaryPrimitives.ReadInt32LittleEndian(bytes),
            (ulong)BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]));
        return unchecked(IsCode(x + left, y + right, i, j, depth) || IsCode(x + at + left, y + at + right, i, j, depth)
            || (old.Targets.IsSwift && @new.Targets.IsSwift && LeadToOneSection(x + at + left, y + at + right)));
    }

    /// <summary>
    /// Whether distances lead into data of one kind, be it to a pointer there (an odd one does), that cannot be told
    /// from its neighbours.
    /// </summary>
    private bool LeadToOneSection(ulong x, ulong y) =>
        ((x ^ y) & 1) == 0 && old.Targets.FindSection(x) is { } section && @new.Targets.FindSection(y) is { } partner
            && section.Name == partner.Name;

    private bool IsCode(ulong x, ulong y, int i, int j, int depth) =>
        old.Targets.Find(x).Kind == TargetKind.Function && @new.Targets.Find(y).Kind == TargetKind.Function
            && targets.IsSame(x, y, i, j, depth);

    private bool AreKnown(ulong x, ulong y) => old.Targets.IsKnown(x) && @new.Targets.IsKnown(y);
}
