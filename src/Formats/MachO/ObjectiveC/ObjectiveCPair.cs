using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO.ObjectiveC;

/// <summary>
/// Walks the metadata of two images side by side and tells whether all of it is the same in the same order: names, types, superclasses,
/// members. Nothing becomes text and nothing is kept; addresses are followed, never compared. For one thread.
/// </summary>
internal sealed class ObjectiveCPair(ObjectiveCMemory old, ObjectiveCMemory @new)
{
    private const int PointerSize = 8;

    private delegate bool Comparer(ulong old, ulong @new);

    /// <summary>Whether both images have the same classes, categories and protocols.</summary>
    /// <exception cref="FirmwareFormatException">The metadata of one is damaged.</exception>
    internal bool AreSame(MachOImage before, MachOImage after) =>
        AreSame("__objc_classlist", before, after, IsSameClass)
        && AreSame("__objc_catlist", before, after, IsSameCategory)
        && AreSame("__objc_catlist2", before, after, IsSameCategory)
        && AreSame("__objc_protolist", before, after, IsSameProtocol);

    private bool AreSame(string name, MachOImage before, MachOImage after, Comparer isSame)
    {
        var sections = ObjectiveCMetadata.FindLists(before, name).ToArray();
        var partners = ObjectiveCMetadata.FindLists(after, name).ToArray();
        if (sections.Length != partners.Length)
        {
            return false;
        }

        for (var i = 0; i < sections.Length; i++)
        {
            if (sections[i].Size != partners[i].Size)
            {
                return false;
            }

            for (var offset = 0L; offset + PointerSize <= sections[i].Size; offset += PointerSize)
            {
                var x = old.ReadPointer(unchecked(sections[i].Address + (ulong)offset)).Address;
                var y = @new.ReadPointer(unchecked(partners[i].Address + (ulong)offset)).Address;
                if (x == 0 || y == 0 ? x != y : !isSame(x, y))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool IsSameClass(ulong x, ulong y)
    {
        var (data, partner) = (ObjectiveCReader.ReadClassData(old, x).Data, ObjectiveCReader.ReadClassData(@new, y).Data);
        return IsSameStringAt(data + 24, partner + 24)
            && IsSameClassName(x + 8, y + 8)
            && HaveSameMethods(data + 32, partner + 32)
            && HaveSameIvars(data + 48, partner + 48)
            && HaveSameProperties(data + 64, partner + 64)
            && HaveSameProtocols(data + 40, partner + 40)
            && HaveSameMetaclass(x, y);
    }

    private bool HaveSameMetaclass(ulong x, ulong y)
    {
        var (metaclass, partner) = (old.ReadPointer(x).Address, @new.ReadPointer(y).Address);
        if (metaclass == 0 || partner == 0)
        {
            return metaclass == partner;
        }

        var (data, other) = (ObjectiveCReader.ReadClassData(old, metaclass).Data, ObjectiveCReader.ReadClassData(@new, partner).Data);
        return HaveSameMethods(data + 32, other + 32) && HaveSameProperties(data + 64, other + 64);
    }

    private bool IsSameCategory(ulong x, ulong y) =>
        IsSameStringAt(x, y)
        && IsSameClassName(x + 8, y + 8)
        && HaveSameMethods(x + 16, y + 16)
        && HaveSameMethods(x + 24, y + 24)
        && HaveSameProtocols(x + 32, y + 32)
        && HaveSameProperties(x + 40, y + 40);

    private bool IsSameProtocol(ulong x, ulong y) =>
        IsSameStringAt(x + 8, y + 8)
        && HaveSameProtocols(x + 16, y + 16)
        && HaveSameMethods(x + 24, y + 24)
        && HaveSameMethods(x + 32, y + 32)
        && HaveSameMethods(x + 40, y + 40)
        && HaveSameMethods(x + 48, y + 48)
        && HaveSameProperties(x + 56, y + 56);

    private bool IsSameClassName(ulong x, ulong y)
    {
        var (pointer, partner) = (old.ReadPointer(x), @new.ReadPointer(y));
        return pointer.Address == 0 || partner.Address == 0
            ? pointer == partner
            : IsSameStringAt(ObjectiveCReader.ReadClassData(old, pointer.Address).Data + 24, ObjectiveCReader.ReadClassData(@new, partner.Address).Data + 24);
    }

    private bool HaveSameProtocols(ulong x, ulong y)
    {
        var (list, partner) = (ObjectiveCList.ReadProtocols(old, x), ObjectiveCList.ReadProtocols(@new, y));
        if (list.Count != partner.Count)
        {
            return false;
        }

        for (var i = 0; i < list.Count; i++)
        {
            var (protocol, other) = (old.ReadPointer(list.Entry(i)), @new.ReadPointer(partner.Entry(i)));
            if (protocol.Address == 0 || other.Address == 0 ? protocol != other : !IsSameStringAt(protocol.Address + 8, other.Address + 8))
            {
                return false;
            }
        }

        return true;
    }

    private bool HaveSameMethods(ulong x, ulong y)
    {
        var (list, partner) = (ObjectiveCList.ReadMethods(old, x), ObjectiveCList.ReadMethods(@new, y));
        if (list.Count != partner.Count)
        {
            return false;
        }

        for (var i = 0; i < list.Count; i++)
        {
            var (method, other) = (list.Entry(i), partner.Entry(i));
            if (!IsSameString(list.FindSelector(old, method), partner.FindSelector(@new, other))
                || !IsSameString(list.FindTypes(old, method), partner.FindTypes(@new, other)))
            {
                return false;
            }
        }

        return true;
    }

    private bool HaveSameProperties(ulong x, ulong y)
    {
        var list = ObjectiveCList.ReadEntries(old, x, ObjectiveCList.PropertySize);
        var partner = ObjectiveCList.ReadEntries(@new, y, ObjectiveCList.PropertySize);
        for (var i = 0; i < list.Count && i < partner.Count; i++)
        {
            if (!IsSameStringAt(list.Entry(i), partner.Entry(i)) || !IsSameStringAt(list.Entry(i) + 8, partner.Entry(i) + 8))
            {
                return false;
            }
        }

        return list.Count == partner.Count;
    }

    private bool HaveSameIvars(ulong x, ulong y)
    {
        var list = ObjectiveCList.ReadEntries(old, x, ObjectiveCList.IvarSize);
        var partner = ObjectiveCList.ReadEntries(@new, y, ObjectiveCList.IvarSize);
        for (var i = 0; i < list.Count && i < partner.Count; i++)
        {
            var (ivar, other) = (list.Entry(i), partner.Entry(i));
            if (!IsSameStringAt(ivar + 8, other + 8) || !IsSameStringAt(ivar + 16, other + 16) || old.ReadUInt32(ivar + 28) != @new.ReadUInt32(other + 28))
            {
                return false;
            }
        }

        return list.Count == partner.Count;
    }

    private bool IsSameStringAt(ulong x, ulong y)
    {
        var (pointer, partner) = (old.ReadPointer(x), @new.ReadPointer(y));
        return pointer.IsNull || partner.IsNull ? pointer.IsNull == partner.IsNull : IsSameString(pointer.Address, partner.Address);
    }

    /// <summary>Whether two strings are the same; 0 stands for none.</summary>
    private bool IsSameString(ulong x, ulong y)
    {
        if (x == 0 || y == 0)
        {
            return x == y;
        }

        while (true)
        {
            var left = old.Page(x);
            var right = @new.Page(y);
            var count = Math.Min(left.Length, right.Length);
            var same = left.CommonPrefixLength(right);
            var end = left[..same].IndexOf((byte)0);
            old.Spend(same + 1, x);
            @new.Spend(same + 1, y);
            if (end >= 0 || same < count)
            {
                return end >= 0;
            }

            (x, y) = (unchecked(x + (ulong)count), unchecked(y + (ulong)count));
        }
    }
}
