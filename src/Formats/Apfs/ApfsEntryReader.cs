using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Decmpfs;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Apfs;

/// <summary>
/// Makes entries out of inodes. The records of one inode are neighbours in the tree, so that one seek and a few steps give all the
/// facts; inodes asked for in order of their numbers mostly share leaves. Not safe for concurrent use.
/// </summary>
internal sealed class ApfsEntryReader(ApfsVolume volume)
{
    private const int MaximumTarget = 1 << 16;

    private readonly BTreeCursor _records = volume.RecordCursor();
    private readonly BTreeCursor _extents = volume.ExtentCursor();
    private readonly ApfsDataHashes? _hashes = volume.Sealed ? new ApfsDataHashes(volume) : null;

    /// <summary>The inode's entry under <paramref name="path"/>.</summary>
    /// <param name="id">The inode.</param>
    /// <param name="path">The entry's path.</param>
    /// <param name="parent">The directory the name is in.</param>
    /// <exception cref="FirmwareFormatException">There is no such inode, or it is damaged.</exception>
    internal FileEntry Read(ulong id, string path, ulong parent)
    {
        var inode = ReadInode(id);
        var kind = inode.Kind;

        // A directory has one name. A tree in which it had two could have circles, or more paths than anyone can walk.
        if (kind == FileKind.Directory && inode.Parent != parent)
        {
            throw new FirmwareFormatException(
                ApfsConstants.Format, -1, $"directory {id} ({path}) says that it lies in directory {inode.Parent}, not {parent}");
        }

        var facts = kind == FileKind.Directory ? default : ReadFacts(inode);
        return new FileEntry
        {
            Path = path,
            Kind = kind,
            Size = SizeOf(inode, facts),
            Mode = inode.Mode & 0xFFF,
            FileId = id,
            Uid = inode.Owner,
            Gid = inode.Group,
            IsCompressed = kind == FileKind.File && inode.IsCompressed,
            Target = facts.Target,
            PhysicalOffset = kind == FileKind.File ? ReadPhysicalOffset(inode, facts) : 0,
            ContentHash = kind == FileKind.File ? ReadContentHash(inode, facts) : null,
        };
    }

    internal ApfsInode ReadInode(ulong id)
    {
        if (id > ApfsConstants.ObjectIdMask || !_records.Seek(BTreeKey.Record(id, ApfsRecordType.Inode)) || _records.Key != BTreeKey.Record(id, ApfsRecordType.Inode))
        {
            throw new FirmwareFormatException(ApfsConstants.Format, -1, $"inode {id} is missing");
        }

        return ApfsInode.Parse(id, _records.Value);
    }

    private static long SizeOf(in ApfsInode inode, in Facts facts) => inode.Kind switch
    {
        FileKind.File when inode.IsCompressed => facts.UncompressedSize,
        FileKind.File => inode.DataSize,
        FileKind.Symlink => Encoding.UTF8.GetByteCount(facts.Target ?? string.Empty),
        _ => 0,
    };

    /// <summary>What the records after the inode's own say, as far as its entry wants to know.</summary>
    private Facts ReadFacts(in ApfsInode inode)
    {
        var facts = new Facts
        {
            UncompressedSize = (inode.InternalFlags & ApfsConstants.InodeHasUncompressedSize) != 0
                ? (long)Math.Min(inode.UncompressedSize, long.MaxValue)
                : inode.DataSize,
        };
        while (_records.MoveNext() && _records.Key.Id == inode.Id)
        {
            switch (_records.Key.Type)
            {
                case ApfsRecordType.Xattr:
                    ReadXattr(inode, ref facts);
                    break;
                case ApfsRecordType.FileExtent when facts.PhysicalOffset == 0 && ApfsExtents.TryRead(volume, _records, inode.Id, out var extent):
                    facts.PhysicalOffset = extent.Physical;

                    // Nothing after the extents is of interest, and there may be thousands of them.
                    return facts;
            }
        }

        return facts;
    }

    private void ReadXattr(in ApfsInode inode, ref Facts facts)
    {
        var name = ApfsXattr.NameOf(_records.RawKey);
        if (inode.Kind == FileKind.Symlink && name.SequenceEqual("com.apple.fs.symlink"u8))
        {
            facts.Target = ApfsXattr.Parse(_records.ValueMemory).ReadText(volume, MaximumTarget);
        }
        else if (inode.IsCompressed && name.SequenceEqual("com.apple.decmpfs"u8))
        {
            Span<byte> start = stackalloc byte[DecmpfsHeader.Length];
            var count = ApfsXattr.Parse(_records.ValueMemory).Open(volume).ReadUpTo(0, start);
            if (DecmpfsHeader.TryRead(start[..count], out var header))
            {
                facts.UncompressedSize = header.Size;
            }
        }
        else if (inode.IsCompressed && name.SequenceEqual("com.apple.ResourceFork"u8))
        {
            facts.ResourceFork = ApfsXattr.Parse(_records.ValueMemory).StreamId;
        }
    }

    /// <summary>The hash of the contents as a reader sees them: a compressed file's hangs on its resource fork.</summary>
    private string? ReadContentHash(in ApfsInode inode, in Facts facts)
    {
        var size = inode.IsCompressed ? facts.UncompressedSize : inode.DataSize;
        return size > 0 ? _hashes?.Read(StreamOf(inode, facts), size) : null;
    }

    /// <summary>The data stream that holds the contents, compressed or not.</summary>
    private static ulong StreamOf(in ApfsInode inode, in Facts facts) => facts.ResourceFork != 0 ? facts.ResourceFork : inode.PrivateId;

    private long ReadPhysicalOffset(in ApfsInode inode, in Facts facts)
    {
        var stream = StreamOf(inode, facts);
        if (facts.PhysicalOffset != 0 || (inode.DataSize == 0 && stream == inode.PrivateId))
        {
            return facts.PhysicalOffset;
        }

        return _extents.Seek(volume.ExtentKey(stream)) && ApfsExtents.TryRead(volume, _extents, stream, out var extent) ? extent.Physical : 0;
    }

    private struct Facts
    {
        internal long UncompressedSize;
        internal long PhysicalOffset;
        internal ulong ResourceFork;
        internal string? Target;
    }
}
