using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.Tests.SharedCache;

/// <summary>
/// Reads what <c>SharedCacheBuilder</c> wrote, from dyld's header facts alone, and asserts all that must hold along the way. Slow, whole
/// and strict, which a real reader need not be.
/// </summary>
internal sealed class CacheChecker
{
    private readonly IReadOnlyDictionary<string, byte[]> _files;
    private readonly List<(ulong Address, long Size, byte[] File, long Offset)> _regions = [];

    internal CacheChecker(IReadOnlyDictionary<string, byte[]> files, string name)
    {
        _files = files.ToDictionary(static file => file.Key, static file => (byte[])file.Value.Clone(), StringComparer.Ordinal);
        Main = _files[name];
        HeaderSize = U32(Main, 0x10);
        Is64Bit = !Arch.Contains("_32", StringComparison.Ordinal);
        AddFile(name);
        var subCaches = Field32(Main, 0x188);
        var count = Field32(Main, 0x18C);
        var named = HeaderSize >= 0x1CC;
        for (var i = 0; i < count; i++)
        {
            var entry = Main.AsSpan(subCaches + (i * (named ? 56 : 24)));
            var suffix = named ? Text(entry[24..56]) : $".{i + 1}";
            var file = _files[name + suffix];
            Assert.True(entry[..16].SequenceEqual(file.AsSpan(0x58, 16)), "the UUID of " + suffix);
            Assert.Equal(Base + U64(entry.ToArray(), 16), U64(file, U32(file, 0x10)));
            AddFile(name + suffix);
        }

        _regions.Sort(static (a, b) => a.Address.CompareTo(b.Address));
        for (var i = 1; i < _regions.Count; i++)
        {
            Assert.True(_regions[i - 1].Address + (ulong)_regions[i - 1].Size <= _regions[i].Address, "mappings overlap");
        }

        foreach (var file in _files.Keys)
        {
            Slide(_files[file]);
        }

        ReadImages();
        ReadLocals(name);
    }

    internal byte[] Main { get; }

    internal int HeaderSize { get; }

    internal bool Is64Bit { get; }

    // A header of macOS 27 states the subtype, for which the magic has no room.
    internal string Arch => U32(Main, 0x10) < 0x238 ? Text(Main.AsSpan(7, 9)).Trim() : (U32(Main, 0x228), U32(Main, 0x22C) & 0xFFFFFF) switch
    {
        (0x0100000C, 12) => "arm64e.x1",
        (0x0100000C, 3) => "arm64.x1",
        var (type, subtype) => $"{type:x}.{subtype}",
    };

    internal ulong Base => U64(Main, HeaderSize);

    /// <summary>Every pointer that slides, and where it points.</summary>
    internal Dictionary<ulong, ulong> Pointers { get; } = [];

    internal List<CheckedImage> Images { get; } = [];

    internal int ImageEntries { get; private set; }

    internal static int U32(ReadOnlySpan<byte> bytes, long offset) => BinaryPrimitives.ReadInt32LittleEndian(bytes[(int)offset..]);

    internal static ulong U64(ReadOnlySpan<byte> bytes, long offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[(int)offset..]);

    /// <summary>Memory, with its pointers as addresses.</summary>
    internal ReadOnlySpan<byte> Memory(ulong address, long size)
    {
        foreach (var region in _regions)
        {
            if (address >= region.Address && address - region.Address + (ulong)size <= (ulong)region.Size)
            {
                return region.File.AsSpan((int)(region.Offset + (long)(address - region.Address)), (int)size);
            }
        }

        Assert.Fail($"no file has 0x{address:x}, 0x{size:x} bytes");
        return default;
    }

    /// <summary>The file that holds an address.</summary>
    internal (byte[] File, long Offset) Locate(ulong address)
    {
        var region = _regions.Single(region => address >= region.Address && address - region.Address < (ulong)region.Size);
        return (region.File, region.Offset + (long)(address - region.Address));
    }

    internal ulong Pointer(ulong address)
    {
        Assert.True(Pointers.Count == 0 || Pointers.ContainsKey(address), $"0x{address:x} is no pointer");
        return Is64Bit ? U64(Memory(address, 8), 0) : (uint)U32(Memory(address, 4), 0);
    }

    internal string CString(ulong address)
    {
        var region = _regions.Single(region => address >= region.Address && address - region.Address < (ulong)region.Size);
        return Text(region.File.AsSpan((int)(region.Offset + (long)(address - region.Address))));
    }

    internal static string Text(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    /// <summary>Values of a chain of 32 or 64 bits, which may run over numbers that stay.</summary>
    private static List<ushort> Starts(ReadOnlySpan<byte> info, int version, int page)
    {
        var start = BinaryPrimitives.ReadUInt16LittleEndian(info[(U32(info, 8) + (page * 2))..]);
        var (none, mask) = version == 2 ? (0x4000, 0x3FFF) : (0xFFFF, 0x7FFF);
        if (start == none)
        {
            return [];
        }

        if ((start & 0x8000) == 0)
        {
            return [start];
        }

        var starts = new List<ushort>();
        for (var at = U32(info, 16) + ((start & mask) * 2); ; at += 2)
        {
            var extra = BinaryPrimitives.ReadUInt16LittleEndian(info[at..]);
            starts.Add((ushort)(extra & mask));
            if ((extra & 0x8000) != 0)
            {
                return starts;
            }
        }
    }

    private int Field32(byte[] file, int offset) => offset + 4 <= HeaderSize ? U32(file, offset) : 0;

    private ulong Field64(byte[] file, int offset) => offset + 8 <= HeaderSize ? U64(file, offset) : 0;

    private void AddFile(string name)
    {
        var file = _files[name];
        Assert.True(file.AsSpan(0, 16).SequenceEqual(Main.AsSpan(0, 16)), "magic of " + name);
        var count = U32(file, 0x14);
        for (var i = 0; i < count; i++)
        {
            var mapping = file.AsSpan(HeaderSize + (i * 32), 32);
            var (address, size, offset) = (U64(mapping, 0), (long)U64(mapping, 8), (long)U64(mapping, 16));
            Assert.True(offset + size <= file.Length, $"mapping {i} of {name} leaves the file");
            Assert.Equal(0UL, address % 0x4000);
            if (i == 0)
            {
                Assert.Equal(0, offset);
            }

            if (Field32(file, 0x13C) is var slides and > 0)
            {
                Assert.Equal(count, slides);
                var slide = file.AsSpan(Field32(file, 0x138) + (i * 56), 56);
                Assert.True(slide[..24].SequenceEqual(mapping[..24]), "the mappings of both tables");
                if ((U64(slide, 40) & 0x10) != 0)
                {
                    continue;
                }
            }

            _regions.Add((address, size, file, offset));
        }

        var signature = Field64(file, 0x28);
        if (signature != 0 && Field64(file, 0x30) != 0)
        {
            Assert.Equal(0xFADE0CC0, BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan((int)signature)));
            Assert.Equal((ulong)file.Length, signature + Field64(file, 0x30));
        }
    }

    private void Slide(byte[] file)
    {
        var count = Field32(file, 0x13C);
        for (var i = 0; i < count; i++)
        {
            var slide = file.AsSpan(Field32(file, 0x138) + (i * 56), 56).ToArray();
            if (U64(slide, 32) > 0)
            {
                Slide(file, U64(slide, 0), (long)U64(slide, 16), (long)U64(slide, 8), file.AsSpan((int)U64(slide, 24), (int)U64(slide, 32)).ToArray());
            }
        }

        if (count == 0 && Field64(file, 0x40) > 0)
        {
            var mapping = file.AsSpan(HeaderSize + 32, 32).ToArray();
            Slide(file, U64(mapping, 0), (long)U64(mapping, 16), (long)U64(mapping, 8), file.AsSpan((int)Field64(file, 0x38), (int)Field64(file, 0x40)).ToArray());
        }
    }

    private void Slide(byte[] file, ulong address, long offset, long size, byte[] info)
    {
        var version = U32(info, 0);
        var pageSize = version == 1 ? 4096 : U32(info, 4);
        var pages = version is 3 or 5 ? U32(info, 8) : version == 1 ? U32(info, 8) : U32(info, 12);
        Assert.Equal(size, (long)pages * pageSize);
        for (var page = 0; page < pages; page++)
        {
            var bytes = file.AsSpan((int)(offset + ((long)page * pageSize)), pageSize);
            var start = address + (ulong)((long)page * pageSize);
            switch (version)
            {
                case 1:
                    var entry = info.AsSpan(U32(info, 12) + (BinaryPrimitives.ReadUInt16LittleEndian(info.AsSpan(U32(info, 4) + (page * 2))) * 128), 128);
                    for (var bit = 0; bit < 1024; bit++)
                    {
                        if ((entry[bit / 8] >> (bit % 8) & 1) != 0)
                        {
                            Pointers.Add(start + (ulong)(bit * 4), Is64Bit ? U64(bytes, bit * 4) : (uint)U32(bytes, bit * 4));
                        }
                    }

                    break;
                case 2 or 4:
                    foreach (var chain in Starts(info, version, page))
                    {
                        SlideChain(bytes, start, chain * 4, info, version);
                    }

                    break;
                default:
                    SlidePointers(bytes, start, BinaryPrimitives.ReadUInt16LittleEndian(info.AsSpan(24 + (page * 2))), info, version);
                    break;
            }
        }
    }

    private void SlideChain(Span<byte> page, ulong address, int at, byte[] info, int version)
    {
        var mask = U64(info, 24);
        var add = U64(info, 32);
        var shift = BitOperationsTrailingZeros(mask) - 2;
        for (ulong delta = 1; delta != 0; at += (int)delta)
        {
            var raw = Is64Bit ? U64(page, at) : (uint)U32(page, at);
            delta = (raw & mask) >> shift;
            var value = raw & ~mask;
            var isPointer = version == 2 ? value != 0 : (value & 0xFFFF8000) != 0 && (value & 0x3FFF8000) != 0x3FFF8000;
            value = isPointer ? value + add : version == 4 && (value & 0x3FFF8000) == 0x3FFF8000 ? value | 0xC0000000 : value;
            if (Is64Bit)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(page[at..], value);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(page[at..], (uint)value);
            }

            if (isPointer)
            {
                Pointers.Add(address + (ulong)at, value);
            }
        }
    }

    private static int BitOperationsTrailingZeros(ulong mask) => System.Numerics.BitOperations.TrailingZeroCount(mask);

    private void SlidePointers(Span<byte> page, ulong address, ushort first, byte[] info, int version)
    {
        if (first == 0xFFFF)
        {
            return;
        }

        var add = U64(info, 16);
        var at = (int)first;
        for (ulong delta = 1; delta != 0; at += (int)delta * 8)
        {
            var raw = U64(page, at);
            var signed = raw >> 63 != 0;
            ulong value;
            if (version == 3)
            {
                delta = (raw >> 51) & 0x7FF;
                value = signed ? (uint)raw + add : (raw & 0x7FFFFFFFFFF) | ((raw >> 43 & 0xFF) << 56);
            }
            else
            {
                delta = (raw >> 52) & 0x7FF;
                value = (raw & 0x3FFFFFFFF) + add;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(page[at..], value);
            Pointers.Add(address + (ulong)at, value);
        }
    }

    private void ReadImages()
    {
        var isNew = HeaderSize >= 0x1C8;
        var table = U32(Main, isNew ? 0x1C0 : 0x18);
        ImageEntries = U32(Main, isNew ? 0x1C4 : 0x1C);
        for (var i = 0; i < ImageEntries; i++)
        {
            var address = U64(Main, table + (i * 32));
            var path = Text(Main.AsSpan(U32(Main, table + (i * 32) + 24)));
            if (Images.Exists(image => image.Address == address))
            {
                continue;
            }

            Images.Add(new CheckedImage(this, path, address));
        }

        var texts = Field64(Main, 0x88);
        for (var i = 0; i < (int)Field64(Main, 0x90); i++)
        {
            var entry = Main.AsSpan((int)texts + (i * 32), 32);
            var image = Images.Single(image => image.Address == U64(Main, (int)texts + (i * 32) + 16));
            Assert.Equal(image.Uuid, new Guid(entry[..16], bigEndian: true));
            Assert.Equal(image.Segments[0].Size, U32(entry, 24));
            Assert.Equal(image.Path, Text(Main.AsSpan(U32(entry, 28))));
        }
    }

    private void ReadLocals(string name)
    {
        var file = _files.GetValueOrDefault(name + ".symbols") ?? Main;
        if (Field64(file, 0x50) == 0)
        {
            return;
        }

        if (file != Main)
        {
            Assert.True(file.AsSpan(0x58, 16).SequenceEqual(Main.AsSpan(0x190, 16)), "the UUID of .symbols");
        }

        var info = file.AsSpan((int)Field64(file, 0x48), (int)Field64(file, 0x50));
        var byAddress = HeaderSize >= 0x1A0;
        var size = byAddress ? 16 : 12;
        for (var i = 0; i < U32(info, 20); i++)
        {
            var entry = info[(U32(info, 16) + (i * size))..][..size];
            var key = byAddress ? U64(entry, 0) : (uint)U32(entry, 0);
            var image = Images.Single(image => key == (byAddress ? image.Address - Base : (ulong)Locate(image.Address).Offset));
            var (first, count) = (U32(entry, size - 8), U32(entry, size - 4));
            for (var symbol = first; symbol < first + count; symbol++)
            {
                image.Locals.Add(CheckedSymbol.Read(info[(U32(info, 0) + (symbol * (Is64Bit ? 16 : 12)))..], info[U32(info, 8)..], Is64Bit));
            }
        }
    }
}
