using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>Reads every node of a tree with its checksum, or its hash in a sealed tree, and checks that the keys are in order.</summary>
internal static class ApfsVerifier
{
    internal static void VerifyTree(BTree tree, ApfsBlocks blocks, CancellationToken cancellationToken)
    {
        var checkedTree = blocks.Verify ? tree : tree.WithVerification();
        var cursor = checkedTree.Cursor();
        var previous = default(BTreeKey);
        for (var found = cursor.Seek(default); found; found = cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (cursor.Key < previous)
            {
                throw new FirmwareFormatException(ApfsConstants.Format, -1, "the records of a B-tree are out of order");
            }

            previous = cursor.Key;
        }
    }
}
