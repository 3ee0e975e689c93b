using System.Globalization;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>
/// Finds the files of a split cache: sub-caches, whose identities the main file states, and the file of local symbols, without which
/// the rest can be read all the same.
/// </summary>
internal sealed class SharedCacheFiles
{
    private readonly Func<string, ByteSource?> _sibling;
    private readonly string _name;

    private SharedCacheFiles(SharedCacheFile main, string name, Func<string, ByteSource?> sibling)
    {
        _name = name;
        _sibling = sibling;
        Main = main;
        Mapped.Add(main);
    }

    internal SharedCacheFile Main { get; }

    /// <summary>The files that fill memory, the main one first.</summary>
    internal List<SharedCacheFile> Mapped { get; } = [];

    /// <summary>The file that holds the local symbols: the main one, one of its own, or null where there is none to be had.</summary>
    internal SharedCacheFile? Symbols { get; private set; }

    /// <summary>What is missing and what that costs.</summary>
    internal List<string> Notes { get; } = [];

    internal static SharedCacheFiles Open(ByteSource main, string name, Func<string, ByteSource?> sibling)
    {
        var files = new SharedCacheFiles(SharedCacheFile.Open(main, name), name, sibling);
        foreach (var (uuid, suffix) in files.ReadSubCaches())
        {
            files.AddSubCache(uuid, suffix);
        }

        files.FindSymbols();
        return files;
    }

    private (Guid Uuid, string Suffix)[] ReadSubCaches()
    {
        var header = Main.Header;
        var count = header.ReadUInt32(SharedCacheFormat.SubCacheCount);
        if (count > SharedCacheFormat.MaxSubCaches)
        {
            throw SharedCacheFormat.Fault(SharedCacheFormat.SubCacheCount, $"{count} sub-caches are more than any cache has").In(_name);
        }

        // The first split caches (iOS 15) number their files; later ones say what they are called.
        var named = header.Has(SharedCacheFormat.CacheSubType, 4);
        var offset = header.ReadUInt32(SharedCacheFormat.SubCacheOffset);
        var entries = SharedCacheTables.Read(
            Main.Source, "sub-caches", offset, count, named ? SharedCacheFormat.SubCacheSize : SharedCacheFormat.OldSubCacheSize, ReadSubCache);
        return named
            ? entries
            : [.. entries.Select((entry, i) => (entry.Uuid, string.Create(CultureInfo.InvariantCulture, $".{i + 1}")))];
    }

    private static (Guid Uuid, string Suffix) ReadSubCache(ref SpanReader reader)
    {
        var uuid = new Guid(reader.ReadBytes(16), bigEndian: true);
        reader.Skip(8);
        if (reader.Remaining == 0)
        {
            return (uuid, string.Empty);
        }

        var bytes = reader.ReadBytes(SharedCacheFormat.SubCacheSuffixLength);
        var end = bytes.IndexOf((byte)0);
        bytes = end < 0 ? bytes : bytes[..end];

        // The suffix becomes part of a file name, so it must not lead anywhere else.
        foreach (var c in bytes)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'.' or (byte)'_' or (byte)'-'))
            {
                throw reader.Fault("the suffix of a sub-cache is no part of a file name");
            }
        }

        return bytes.IsEmpty ? throw reader.Fault("a sub-cache has no suffix") : (uuid, Encoding.ASCII.GetString(bytes));
    }

    private void AddSubCache(Guid uuid, string suffix)
    {
        var name = _name + suffix;
        var source = _sibling(name) ?? throw SharedCacheFormat.Fault(
            SharedCacheFormat.SubCacheOffset, $"its part {name} is missing: put it beside the main file").In(_name);
        var file = SharedCacheFile.Open(source, name);
        if (file.Uuid != uuid)
        {
            throw SharedCacheFormat.Fault(SharedCacheFormat.Uuid, $"the UUID is {file.UuidText}, but {_name} wants {Text(uuid)}: it belongs to another cache").In(name);
        }

        if (file.Header.Arch != Main.Header.Arch)
        {
            throw SharedCacheFormat.Fault(0, $"the file is for {file.Header.Arch}, {_name} for {Main.Header.Arch}").In(name);
        }

        Mapped.Add(file);
    }

    private void FindSymbols()
    {
        var uuid = Main.Header.ReadGuid(SharedCacheFormat.SymbolFileUuid);
        if (uuid == Guid.Empty)
        {
            Symbols = Main.Header.ReadUInt64(SharedCacheFormat.LocalSymbolsSize) != 0 ? Main : null;
            return;
        }

        var name = _name + ".symbols";
        if (_sibling(name) is not { } source)
        {
            Notes.Add($"{name} is missing: local symbols are not read");
            return;
        }

        SharedCacheFile file;
        try
        {
            file = SharedCacheFile.Open(source, name);
        }
        catch (FirmwareFormatException fault)
        {
            // Nothing but the local symbols is in this file, so nothing else is lost with it.
            Notes.Add($"{fault.Message}: local symbols are not read");
            return;
        }

        if (file.Uuid != uuid)
        {
            Notes.Add($"{name} has the UUID {file.UuidText}, but {_name} wants {Text(uuid)}: local symbols are not read");
            return;
        }

        Symbols = file;
    }

    private static string Text(Guid uuid) => uuid.ToString("D").ToUpperInvariant();
}
