using System.Buffers.Binary;
using System.Runtime.InteropServices;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>A name in a folder, as a part of a path, with its record.</summary>
internal readonly record struct HfsCatalogEntry(string Name, HfsCatalogRecord Record);

/// <summary>The catalog: which names a folder has, and where a file's thread leads (TN1150 "Catalog File").</summary>
internal sealed class HfsCatalog(HfsBTree tree, bool caseSensitive)
{
    private const string Format = "HFS+ catalog";

    /// <summary>The entry of stored name <paramref name="name"/> in folder <paramref name="parent"/>, or null.</summary>
    internal HfsCatalogEntry? Lookup(uint parent, ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > HfsFormat.MaxNameLength)
        {
            return null;
        }

        var wanted = new CatalogKey(parent, name, caseSensitive);
        using var cursor = tree.Seek(wanted);
        return cursor.MoveNext() && wanted.CompareTo(cursor.Key) == 0 && HfsCatalogRecord.Read(cursor.Data, cursor.Offset) is { } record
            ? new HfsCatalogEntry(HfsName.ToPath(NameOf(cursor.Key)), record)
            : null;
    }

    /// <summary>The parent and the stored name of file or folder <paramref name="id"/> by its thread record, or null.</summary>
    internal (uint Parent, string Name)? Thread(uint id)
    {
        var wanted = new CatalogKey(id, [], caseSensitive);
        using var cursor = tree.Seek(wanted);
        return cursor.MoveNext() && wanted.CompareTo(cursor.Key) == 0 ? ReadThread(cursor.Data, cursor.Offset) : null;
    }

    /// <summary>The entries of folder <paramref name="folder"/>, ordered ordinally by the name in paths.</summary>
    /// <param name="folder">The folder's number.</param>
    /// <param name="parent">
    /// The parent that it was reached from. Its thread must name the same, which makes of any catalog, damaged ones included, a tree.
    /// </param>
    /// <param name="cancellationToken">Stops the listing.</param>
    /// <exception cref="FirmwareFormatException">A record is damaged, or the thread is missing or names another parent.</exception>
    internal List<HfsCatalogEntry> List(uint folder, uint parent, CancellationToken cancellationToken)
    {
        var entries = new List<HfsCatalogEntry>();
        using var cursor = tree.Seek(new CatalogKey(folder, [], caseSensitive));
        if (!cursor.MoveNext() || ParentOf(cursor.Key) != folder || NameOf(cursor.Key).Length != 0)
        {
            throw new FirmwareFormatException(Format, -1, $"folder {folder} has no thread record");
        }

        var thread = ReadThread(cursor.Data, cursor.Offset);
        if (thread.Parent != parent)
        {
            throw new FirmwareFormatException(
                Format, cursor.Offset, $"folder {folder} is in folder {parent}, but its thread says folder {thread.Parent}");
        }

        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var owner = ParentOf(cursor.Key);
            if (owner > folder)
            {
                break;
            }

            // Leaves that are linked wrongly must not make a folder look shorter than it is.
            if (owner < folder)
            {
                throw new FirmwareFormatException(Format, cursor.Offset, $"a record of folder {owner} comes after those of folder {folder}: the keys are out of order");
            }

            var name = HfsName.ToPath(NameOf(cursor.Key));
            if (name is "" or "." or ".." || HfsCatalogRecord.Read(cursor.Data, cursor.Offset) is not { } record)
            {
                throw new FirmwareFormatException(Format, cursor.Offset, $"folder {folder} has an entry that is no file and no folder, or has no proper name");
            }

            entries.Add(new HfsCatalogEntry(name, record));
        }

        var span = CollectionsMarshal.AsSpan(entries);
        span.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        for (var i = 1; i < span.Length; i++)
        {
            if (span[i].Name == span[i - 1].Name)
            {
                throw new FirmwareFormatException(Format, -1, $"folder {folder} has two entries of one name");
            }
        }

        return entries;
    }

    private static uint ParentOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt32BigEndian(key);

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> key) => key.Slice(6, 2 * BinaryPrimitives.ReadUInt16BigEndian(key[4..]));

    private static (uint Parent, string Name) ReadThread(ReadOnlySpan<byte> data, long offset)
    {
        var reader = new SpanReader(data, Format, offset, bigEndian: true);
        if (reader.ReadUInt16() is not (HfsFormat.FolderThreadRecord or HfsFormat.FileThreadRecord))
        {
            throw new FirmwareFormatException(Format, offset, "a thread record is of another type");
        }

        reader.Skip(2);
        var parent = reader.ReadUInt32();
        return (parent, HfsName.ToText(reader.ReadBytes(2 * reader.ReadUInt16())));
    }

    /// <summary>A key of the catalog (<c>HFSPlusCatalogKey</c>): parent, then name in the volume's order.</summary>
    private readonly ref struct CatalogKey(uint parent, ReadOnlySpan<char> name, bool caseSensitive) : IHfsKey
    {
        private readonly ReadOnlySpan<char> _name = name;

        public int CompareTo(ReadOnlySpan<byte> stored)
        {
            var order = parent.CompareTo(ParentOf(stored));
            if (order != 0)
            {
                return order;
            }

            return caseSensitive ? HfsName.CompareBinary(_name, NameOf(stored)) : HfsCaseFolding.Compare(_name, NameOf(stored));
        }
    }
}
