using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>
/// An object map (<c>omap_phys_t</c>): for every virtual object, the block it was in as of each transaction.
/// </summary>
internal sealed class ObjectMap
{
    private readonly ApfsBlocks _blocks;
    private readonly BTree _tree;

    internal ObjectMap(ApfsBlocks blocks, ApfsNodeCache cache, ulong address, string what)
    {
        _blocks = blocks;
        var block = blocks.ReadObject(address, ApfsConstants.ObjectTypeObjectMap, what);
        var tree = BinaryPrimitives.ReadUInt64LittleEndian(block.AsSpan(48));
        _tree = BTree.Physical(blocks, cache, tree, BTreeKeyKind.TwoNumbers, what);
    }

    internal BTree Tree => _tree;

    /// <summary>The block of an object as of <paramref name="transaction"/>: the newest mapping that is not newer.</summary>
    /// <exception cref="FirmwareFormatException">There is none, or the object was deleted, is encrypted or is no single block.</exception>
    internal ulong Resolve(ulong id, ulong transaction, string what)
    {
        var leaf = _tree.FindFloor(new BTreeKey(id, transaction), out var index);
        if (leaf is null || leaf.KeyAt(index).Primary != id)
        {
            throw new FirmwareFormatException(ApfsConstants.Format, -1, $"no object map entry for object 0x{id:x} of {what}");
        }

        var value = leaf.Value(index);
        if (value.Length < 16)
        {
            throw leaf.Fault("an object map value is too short");
        }

        var flags = BinaryPrimitives.ReadUInt32LittleEndian(value);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(value[4..]);
        if ((flags & (ApfsConstants.ObjectMapDeleted | ApfsConstants.ObjectMapEncrypted)) != 0 || size != _blocks.BlockSize)
        {
            throw leaf.Fault($"object 0x{id:x} of {what} is deleted, encrypted or of an unusual size (flags 0x{flags:x}, {size} bytes)");
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(value[8..]);
    }
}
