using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Formats.Tests.SharedCache;

/// <summary>Generations of the format, by the size of their headers.</summary>
public enum CacheGeneration
{
    /// <summary>One file, three mappings, local symbols inside, no table of identities.</summary>
    First = 0x68,

    /// <summary>With a table of identities.</summary>
    WithTexts = 0x98,

    /// <summary>With slide information for every mapping.</summary>
    WithSlides = 0x140,

    /// <summary>In several files, numbered, local symbols in one of their own.</summary>
    Numbered = 0x1C8,

    /// <summary>In several files that the main one names.</summary>
    Named = 0x228,
}

/// <summary>A library of a fixture.</summary>
internal sealed record CacheFixtureImage(string Path, Guid Uuid, ulong Address)
{
    internal ulong Export => Address + 0x800;

    internal ulong Local => Address + 0x900;

    internal string ExportName => $"_{System.IO.Path.GetFileName(Path)}_export";

    internal string LocalName => $"_{System.IO.Path.GetFileName(Path)}_local";
}

/// <summary>
/// A small cache of any generation: every image has text in the first file, data in the second and link-edit data in the third, or
/// all three in one.
/// </summary>
internal sealed class CacheFixture
{
    internal const string Name = "dyld_shared_cache_test";
    internal const ulong TextSize = 0x1000;

    private const int HeaderRoom = 0x4000;
    private const int DataSize = 0x1000;

    private readonly CacheGeneration _generation;
    private readonly bool _is64;
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    internal CacheFixture(CacheGeneration generation, string arch = "arm64e", int images = 5)
    {
        _generation = generation;
        _is64 = arch != "arm64_32";
        Arch = arch;
        Base = _is64 ? 0x1_8000_0000UL : 0x1A00_0000;
        Images = [.. Enumerable.Range(0, images).Select(i => new CacheFixtureImage(
            $"/usr/lib/lib{i}.dylib", Uuid(100 + i), Base + HeaderRoom + ((ulong)i * TextSize)))];
        Build();
    }

    internal string Arch { get; }

    internal ulong Base { get; }

    internal ulong DataAddress => Base + 0x0100_0000;

    internal ulong LinkeditAddress => Base + 0x0200_0000;

    internal List<CacheFixtureImage> Images { get; }

    internal Dictionary<string, byte[]> Files => _files;

    internal bool IsSplit => _generation >= CacheGeneration.Numbered;

    internal static Guid Uuid(int seed) => new(seed, 0x1234, 0x5678, [1, 2, 3, 4, 5, 6, 7, 8]);

    internal string FileName(int part) => part == 0 ? Name : Name + Suffix(part);

    internal DyldSharedCache Open() => DyldSharedCache.Open(
        new MemoryByteSource(_files[Name]), Name, name => _files.TryGetValue(name, out var bytes) ? new MemoryByteSource(bytes) : null);

    private string Suffix(int part) => _generation == CacheGeneration.Named ? new[] { string.Empty, ".01.dylddata", ".02.dyldlinkedit" }[part] : $".{part}";

    private int TextLength => HeaderRoom + (Images.Count * (int)TextSize);

    private long LinkeditFileOffset => IsSplit ? HeaderRoom : TextLength + DataSize;

    private void Build()
    {
        var text = new byte[TextLength];
        var data = new byte[DataSize];
        Encoding.ASCII.GetBytes("data of the cache").CopyTo(data, 0);
        var linkedit = Padded(WriteImages(text));
        if (!IsSplit)
        {
            var symbols = LocalSymbols();
            byte[] file = [.. text, .. data, .. linkedit, .. symbols];
            WriteHeader(file, 0, [(Base, TextLength, 0), (DataAddress, DataSize, TextLength), (LinkeditAddress, linkedit.Length, TextLength + DataSize)]);
            Put64(file, 0x48, (ulong)(file.Length - symbols.Length));
            Put64(file, 0x50, (ulong)symbols.Length);
            _files[Name] = file;
            return;
        }

        WriteHeader(text, 0, [(Base, TextLength, 0)]);
        _files[Name] = text;
        AddPart(1, data, DataAddress);
        AddPart(2, linkedit, LinkeditAddress);
        var locals = LocalSymbols();
        byte[] symbolFile = [.. new byte[HeaderRoom], .. locals];
        WriteHeader(symbolFile, 3, []);
        Put64(symbolFile, 0x48, HeaderRoom);
        Put64(symbolFile, 0x50, (ulong)locals.Length);
        _files[Name + ".symbols"] = symbolFile;
    }

    private void AddPart(int part, byte[] content, ulong address)
    {
        byte[] file = [.. new byte[HeaderRoom], .. content];
        WriteHeader(file, part, [(address, content.Length, HeaderRoom)]);
        _files[FileName(part)] = file;
    }

    private void WriteHeader(byte[] file, int part, (ulong Address, int Size, long Offset)[] mappings)
    {
        var at = (int)_generation;
        Encoding.ASCII.GetBytes("dyld_v1" + Arch.PadLeft(8)).CopyTo(file, 0);
        Put32(file, 0x10, at);
        Put32(file, 0x14, mappings.Length);
        Uuid(part).TryWriteBytes(file.AsSpan(0x58), bigEndian: true, out _);
        foreach (var (address, size, offset) in mappings)
        {
            Put64(file, at, address);
            Put64(file, at + 8, (ulong)size);
            Put64(file, at + 16, (ulong)offset);
            Put32(file, at + 24, 5);
            Put32(file, at + 28, 5);
            at += 32;
        }

        if (_generation >= CacheGeneration.WithSlides)
        {
            Put32(file, 0xD8, 2);
            Put32(file, 0x138, at);
            Put32(file, 0x13C, mappings.Length);
            foreach (var (address, size, offset) in mappings)
            {
                Put64(file, at, address);
                Put64(file, at + 8, (ulong)size);
                Put64(file, at + 16, (ulong)offset);
                if (address == LinkeditAddress)
                {
                    // The version at the front of the link-edit data.
                    Put64(file, at + 24, (ulong)offset);
                    Put64(file, at + 32, 8);
                }

                Put64(file, at + 40, address == DataAddress ? 3UL : 0);
                Put32(file, at + 48, 3);
                Put32(file, at + 52, 3);
                at += 56;
            }
        }
        else if (_generation <= CacheGeneration.WithTexts)
        {
            Put64(file, 0x38, (ulong)LinkeditFileOffset);
            Put64(file, 0x40, 8);
        }

        if (part == 0)
        {
            WriteTables(file, at);
        }
    }

    private void WriteTables(byte[] file, int at)
    {
        Put32(file, IsSplit ? 0x1C0 : 0x18, at);
        Put32(file, IsSplit ? 0x1C4 : 0x1C, Images.Count);
        var paths = at + (Images.Count * 64) + 1024;
        foreach (var image in Images)
        {
            Put64(file, at, image.Address);
            Put32(file, at + 24, paths);
            paths += Encoding.ASCII.GetBytes(image.Path, file.AsSpan(paths)) + 1;
            at += 32;
        }

        if (_generation >= CacheGeneration.WithTexts)
        {
            Put64(file, 0x88, (ulong)at);
            Put64(file, 0x90, (ulong)Images.Count);
            foreach (var image in Images)
            {
                image.Uuid.TryWriteBytes(file.AsSpan(at), bigEndian: true, out _);
                Put64(file, at + 16, image.Address);
                Put32(file, at + 24, (int)TextSize);
                at += 32;
            }
        }

        if (IsSplit)
        {
            Put32(file, 0x188, at);
            Put32(file, 0x18C, 2);
            Uuid(3).TryWriteBytes(file.AsSpan(0x190), bigEndian: true, out _);
            for (var part = 1; part <= 2; part++)
            {
                Uuid(part).TryWriteBytes(file.AsSpan(at), bigEndian: true, out _);
                Put64(file, at + 16, (part == 1 ? DataAddress : LinkeditAddress) - Base);
                at += 24;
                if (_generation == CacheGeneration.Named)
                {
                    Encoding.ASCII.GetBytes(Suffix(part)).CopyTo(file, at);
                    at += 32;
                }
            }
        }

        if (_generation == CacheGeneration.Named)
        {
            Put32(file, 0x16C, 0x1A0001);
            Put32(file, 0x200, at);
            Put32(file, 0x204, 1);
            Put64(file, at, DataAddress);
            Put64(file, at + 8, 0x400);
        }
    }

    /// <summary>Writes the images' text and returns the link-edit data of them all.</summary>
    private byte[] WriteImages(byte[] text)
    {
        var linkedit = new MemoryStream();
        linkedit.Write([5, 0, 0, 0, 0, 0, 0, 0]);

        // All entries, then all names, as the cache builder merges them.
        var names = new MemoryStream();
        names.WriteByte(0);
        var entries = new List<(int First, int Count)>();
        var entriesAt = linkedit.Position;
        foreach (var image in Images)
        {
            entries.Add(((int)((linkedit.Position - entriesAt) / EntrySize), 2));
            WriteEntry(linkedit, names, image.ExportName, 0x0F, image.Export);
            WriteEntry(linkedit, names, "_imported", 0x01, 0);
        }

        var startsAt = linkedit.Position;
        linkedit.Write([0x80, 0x10, 0x04, 0, 0, 0, 0, 0]);
        var namesAt = linkedit.Position;
        linkedit.Write(names.ToArray());
        var linkeditSize = (int)linkedit.Length;
        for (var i = 0; i < Images.Count; i++)
        {
            WriteImage(text, Images[i], i, [
                (int)(LinkeditFileOffset + entriesAt + (entries[i].First * EntrySize)), entries[i].Count, (int)(LinkeditFileOffset + namesAt), (int)names.Length],
                (int)(LinkeditFileOffset + startsAt), linkeditSize);
        }

        return linkedit.ToArray();
    }

    private void WriteImage(byte[] text, CacheFixtureImage image, int index, int[] symtab, int starts, int linkeditSize)
    {
        var at = (int)(image.Address - Base);
        var id = Encoding.ASCII.GetBytes(image.Path + "\0");
        var commands = new MemoryStream();
        WriteSegment(commands, "__TEXT", image.Address, (int)TextSize, at, ("__text", image.Address + 0x800, 0x200));
        WriteSegment(commands, "__DATA", DataAddress + ((ulong)index * 16), 16, TextLength + (index * 16), null);
        WriteSegment(commands, "__LINKEDIT", LinkeditAddress, linkeditSize, (int)LinkeditFileOffset, null);
        Command(commands, 0x2, [.. symtab.SelectMany(BitConverter.GetBytes)]);
        Command(commands, 0x26, [.. BitConverter.GetBytes(starts), .. BitConverter.GetBytes(8)]);
        Command(commands, 0x1B, image.Uuid.ToByteArray(bigEndian: true));
        Command(commands, 0xD, [.. BitConverter.GetBytes(24), .. new byte[12], .. id, .. new byte[(8 - (id.Length % 8)) % 8]]);
        Put32(text, at, unchecked((int)(_is64 ? 0xFEEDFACF : 0xFEEDFACE)));
        Put32(text, at + 4, Arch == "x86_64h" ? 0x01000007 : _is64 ? 0x0100000C : 0x0200000C);
        Put32(text, at + 8, Arch == "x86_64h" ? 8 : Arch == "arm64e" ? 2 : 1);
        Put32(text, at + 12, 6);
        Put32(text, at + 16, 7);
        Put32(text, at + 20, (int)commands.Length);
        commands.ToArray().CopyTo(text, at + (_is64 ? 32 : 28));
        Encoding.ASCII.GetBytes(image.Path).CopyTo(text, at + 0x800);
    }

    private void WriteSegment(MemoryStream commands, string name, ulong address, int size, int fileOffset, (string Name, ulong Address, int Size)? section)
    {
        var body = new MemoryStream();
        body.Write(Fixed(name));
        Word(body, address);
        Word(body, (ulong)size);
        Word(body, (ulong)fileOffset);
        Word(body, (ulong)size);
        body.Write([.. BitConverter.GetBytes(5), .. BitConverter.GetBytes(5), .. BitConverter.GetBytes(section is null ? 0 : 1), 0, 0, 0, 0]);
        if (section is var (sectionName, sectionAddress, sectionSize))
        {
            body.Write(Fixed(sectionName));
            body.Write(Fixed(name));
            Word(body, sectionAddress);
            Word(body, (ulong)sectionSize);
            body.Write([.. BitConverter.GetBytes(fileOffset + 0x800), .. new byte[_is64 ? 28 : 24]]);
        }

        Command(commands, _is64 ? 0x19 : 0x1, body.ToArray());
    }

    private byte[] LocalSymbols()
    {
        var byAddress = _generation >= CacheGeneration.Numbered;
        var names = new MemoryStream();
        names.WriteByte(0);
        var entries = new MemoryStream();
        var images = new MemoryStream();
        for (var i = 0; i < Images.Count; i++)
        {
            var image = Images[i];
            var key = image.Address - Base;
            images.Write(byAddress ? BitConverter.GetBytes(key) : BitConverter.GetBytes((uint)key));
            images.Write([.. BitConverter.GetBytes((int)(entries.Length / EntrySize)), .. BitConverter.GetBytes(1)]);
            WriteEntry(entries, names, image.LocalName, 0x0E, image.Local);
        }

        var entriesAt = 24;
        var namesAt = entriesAt + (int)entries.Length;
        var imagesAt = (namesAt + (int)names.Length + 7) & ~7;
        byte[] info = [.. new byte[imagesAt], .. images.ToArray()];
        Put32(info, 0, entriesAt);
        Put32(info, 4, Images.Count);
        Put32(info, 8, namesAt);
        Put32(info, 12, (int)names.Length);
        Put32(info, 16, imagesAt);
        Put32(info, 20, Images.Count);
        entries.ToArray().CopyTo(info, entriesAt);
        names.ToArray().CopyTo(info, namesAt);
        return info;
    }

    private int EntrySize => _is64 ? 16 : 12;

    private void WriteEntry(MemoryStream entries, MemoryStream names, string name, byte type, ulong value)
    {
        entries.Write([.. BitConverter.GetBytes((int)names.Length), type, 1, 0, 0]);
        Word(entries, value);
        names.Write(Encoding.ASCII.GetBytes(name + "\0"));
    }

    private void Word(MemoryStream stream, ulong value) => stream.Write(_is64 ? BitConverter.GetBytes(value) : BitConverter.GetBytes((uint)value));

    private static void Command(MemoryStream commands, int kind, byte[] body)
    {
        commands.Write(BitConverter.GetBytes(kind));
        commands.Write(BitConverter.GetBytes(body.Length + 8));
        commands.Write(body);
    }

    private static byte[] Fixed(string name) => [.. Encoding.ASCII.GetBytes(name), .. new byte[16 - name.Length]];

    private static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[(0x1000 - (bytes.Length % 0x1000)) % 0x1000]];

    private static void Put32(byte[] file, int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(offset), value);

    private static void Put64(byte[] file, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(offset), value);
}
