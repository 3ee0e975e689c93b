using System.Buffers.Binary;
using System.Text;
using IpswDiff.Forge.SharedCache.Generated;

namespace IpswDiff.Forge.SharedCache.Dylibs;

/// <summary>
/// A finished dylib, put into a cache as dyld's builder does: its segments apart from each other, its symbols in the shared tables, its
/// fixups turned into pointers that slide. 64 bits only. Code finds data through adrp, whose distances are corrected; segments keep
/// their place within a page, so that the instructions that follow need no change. Pointers to other libraries stay zero.
/// </summary>
public sealed class MachOCacheImage : CacheImage
{
    private const int SegmentAlignment = 0x4000;

    private readonly MachOInput _input;

    /// <summary>Takes a dylib.</summary>
    /// <param name="macho">Its bytes, thin, little-endian, 64 bits.</param>
    /// <param name="path">Its path in the cache; its own install name unless given.</param>
    /// <exception cref="ArgumentException">It is none, or its code cannot be moved.</exception>
    public MachOCacheImage(byte[] macho, string? path = null)
    {
        _input = new MachOInput(macho);
        Path = path ?? _input.InstallName;
    }

    public override string Path { get; }

    public override Guid Uuid => _input.Uuid;

    internal override CacheImageShape Measure(SharedCacheOptions options)
    {
        if (!options.IsArm || !options.Is64Bit)
        {
            throw new ArgumentException($"{Path} cannot be put into a cache for {options.Arch.Name}");
        }

        var rendering = new CacheImageRendering();
        WriteSymbols(options, static value => value, rendering, 0, 0);
        return new CacheImageShape
        {
            Segments = [.. _input.Segments.Select(static segment => new CacheSegmentShape(segment.Name, Region(segment.Name), (long)segment.Size, SegmentAlignment))],
            FunctionStartsSize = (int)CacheBuffer.Align(_input.FunctionStarts.Length, 8),
            SymbolCount = rendering.Symbols.Length / 16,
            SymbolNamesSize = rendering.Names.Length,
            IndirectCount = rendering.Indirect.Length / 4,
            LocalCount = rendering.Locals.Length / 16,
            LocalNamesSize = rendering.LocalNames.Length,
        };
    }

    internal override void Render(CacheImagePlace place, CacheImageRendering rendering)
    {
        for (var i = 0; i < _input.Segments.Count; i++)
        {
            _input.SegmentBytes(i).CopyTo(rendering.Segment(i).Written);
        }

        MoveCode(place, rendering);
        foreach (var (address, target, signature) in _input.Pointers)
        {
            var segment = _input.FindSegment(address);
            var offset = (int)(address - _input.Segments[segment].Address);
            if (target is { } old)
            {
                rendering.Pointers(segment).Add(new CachePointer(offset, Move(place, old), signature));
            }
            else
            {
                rendering.Segment(segment).Written.Slice(offset, 8).Clear();
            }
        }

        var counts = WriteSymbols(place.Layout.Options, value => Move(place, value), rendering, place.Names, place.LocalNames);
        rendering.FunctionStarts.Bytes(_input.FunctionStarts);
        rendering.FunctionStarts.AlignTo(8);
        WriteCommands(place, counts, rendering);
    }

    private static CacheRegion Region(string segment) => segment switch
    {
        "__TEXT" => CacheRegion.Text,
        "__DATA_CONST" => CacheRegion.DataConst,
        "__AUTH_CONST" => CacheRegion.AuthConst,
        "__AUTH" => CacheRegion.Auth,
        "__DATA_DIRTY" => CacheRegion.DirtyData,
        "__OBJC_CONST" => CacheRegion.ObjCConst,
        _ => CacheRegion.Data,
    };

    private ulong Move(CacheImagePlace place, ulong address)
    {
        // The top byte is a tag.
        var tag = address & 0xFF00_0000_0000_0000;
        var plain = address & ~tag;
        var segment = _input.FindSegment(plain);
        return segment < 0 ? address : tag | (place.Addresses[segment] + (plain - _input.Segments[segment].Address));
    }

    private void MoveCode(CacheImagePlace place, CacheImageRendering rendering)
    {
        foreach (var section in _input.Sections)
        {
            var segment = _input.FindSegment(section.Address);
            var bytes = rendering.Segment(segment).Written.Slice((int)(section.Address - _input.Segments[segment].Address), section.IsZeroFill ? 0 : (int)section.Size);
            if (section.IsCode)
            {
                for (var i = 0; i + 4 <= bytes.Length; i += 4)
                {
                    MoveAdrp(place, section.Address + (ulong)i, bytes[i..]);
                }
            }
            else if (section.Name == "__objc_methlist")
            {
                MoveMethodLists(place, section.Address, bytes);
            }
        }
    }

    private void MoveAdrp(CacheImagePlace place, ulong address, Span<byte> instruction)
    {
        var word = BinaryPrimitives.ReadUInt32LittleEndian(instruction);
        if ((word & 0x9F000000) != 0x90000000)
        {
            return;
        }

        var pages = ((long)(int)(word << 8) >> 13 << 2) | (word >> 29 & 3);
        var target = (address & ~0xFFFUL) + unchecked((ulong)(pages << 12));
        if (_input.FindSegment(target) < 0)
        {
            return;
        }

        var moved = (long)(Move(place, target) >> 12) - (long)(Move(place, address) >> 12);
        BinaryPrimitives.WriteUInt32LittleEndian(instruction, (word & 0x9F00001F) | (((uint)moved & 3) << 29) | ((uint)(moved >> 2 & 0x7FFFF) << 5));
    }

    private void MoveMethodLists(CacheImagePlace place, ulong address, Span<byte> bytes)
    {
        for (var at = 0; at + 8 <= bytes.Length;)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) >> 31 == 0)
            {
                at += 4;
                continue;
            }

            var fields = BinaryPrimitives.ReadInt32LittleEndian(bytes[(at + 4)..]) * 3;
            at += 8;
            for (; fields > 0; fields--, at += 4)
            {
                var here = address + (ulong)at;
                var target = here + unchecked((ulong)BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]));
                BinaryPrimitives.WriteInt32LittleEndian(bytes[at..], checked((int)unchecked((long)(Move(place, target) - Move(place, here)))));
            }
        }
    }

    private GeneratedSymbolCounts WriteSymbols(SharedCacheOptions options, Func<ulong, ulong> move, CacheImageRendering rendering, uint names, uint localNames)
    {
        var places = new Dictionary<int, int>();
        var counts = new int[3];
        for (var group = 0; group < 3; group++)
        {
            for (var i = 0; i < _input.Symbols.Count; i++)
            {
                var symbol = _input.Symbols[i];
                if (symbol.Group != group)
                {
                    continue;
                }

                var value = symbol.Section == 0 ? symbol.Value : move(symbol.Value);
                var redacts = group == 0 && options.LocalSymbols is LocalSymbolsPlace.MainFile or LocalSymbolsPlace.SymbolsFile;
                if (group == 0 && redacts)
                {
                    rendering.Locals.Symbol(localNames + (uint)rendering.LocalNames.Length, symbol.Type, symbol.Section, symbol.Description, value, wide: true);
                    Name(rendering.LocalNames, symbol.Name);
                }

                if (group == 0 && (options.LocalSymbols == LocalSymbolsPlace.None || (redacts && symbol.Section != 1)))
                {
                    continue;
                }

                places.Add(i, counts.Sum());
                counts[group]++;
                rendering.Symbols.Symbol(
                    redacts ? SharedCacheLayout.RedactedName : names + (uint)rendering.Names.Length, symbol.Type, symbol.Section, symbol.Description, value, wide: true);
                if (!redacts)
                {
                    Name(rendering.Names, symbol.Name);
                }
            }
        }

        foreach (var index in _input.IndirectSymbols)
        {
            // INDIRECT_SYMBOL_LOCAL and _ABS stand for no symbol, and so does one that is gone.
            rendering.Indirect.UInt32(index >= 0x40000000 ? index : places.TryGetValue((int)index, out var moved) ? (uint)moved : 0x80000000);
        }

        return new GeneratedSymbolCounts(counts[0], counts[1], counts[2]);

        static void Name(CacheBuffer table, string name)
        {
            table.Bytes(Encoding.UTF8.GetBytes(name));
            table.Byte(0);
        }
    }

    private void WriteCommands(CacheImagePlace place, GeneratedSymbolCounts counts, CacheImageRendering rendering)
    {
        var commands = new CacheBuffer();
        var count = 0;
        var segments = 0;
        foreach (var original in _input.Commands)
        {
            var command = (byte[])original.Clone();
            switch (BinaryPrimitives.ReadUInt32LittleEndian(command))
            {
                case 0x19:
                    MoveSegment(place, command, ref segments);
                    break;
                case 2:
                    Put(command, 8, place.Symbols, counts.Total, place.Group.NamesOffset, place.Group.NamesSize);
                    break;
                case 0xB:
                    Put(command, 8, 0, counts.Local, counts.Local, counts.External, counts.Local + counts.External, counts.Undefined, 0, 0, 0, 0, 0, 0, place.Indirect, rendering.Indirect.Length / 4, 0, 0, 0, 0);
                    break;
                case 0x26:
                    Put(command, 8, place.FunctionStarts, rendering.FunctionStarts.Length);
                    break;
                case 0x1D or 0x1E or 0x21 or 0x29 or 0x2B or 0x2C or 0x22 or 0x80000022 or 0x80000033 or 0x80000034:
                    // Signature, split and encryption information, data in code, fixups and exports: not here any more.
                    continue;
            }

            commands.Bytes(command);
            count++;
        }

        var header = rendering.Segment(0).Written;
        var old = BinaryPrimitives.ReadInt32LittleEndian(header[20..]);
        header.Slice(32, old).Clear();
        commands.Written.CopyTo(header[32..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], count);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], commands.Length);
        header[27] |= 0x80;
    }

    private void MoveSegment(CacheImagePlace place, Span<byte> command, ref int segments)
    {
        if (command[8..].StartsWith("__LINKEDIT\0"u8))
        {
            var group = place.Group;
            Put64(command, 24, (long)group.LinkeditAddress, group.LinkeditSize, group.LinkeditOffset, group.LinkeditSize);
            return;
        }

        var segment = _input.Segments[segments];
        var (address, offset) = (place.Addresses[segments], place.FileOffsets[segments]);
        segments++;
        Put64(command, 24, (long)address, (long)segment.Size, offset, (long)segment.Size);
        for (var at = 72; at < command.Length; at += 80)
        {
            var within = BinaryPrimitives.ReadUInt64LittleEndian(command[(at + 32)..]) - segment.Address;
            Put64(command, at + 32, (long)(address + within));
            if (BinaryPrimitives.ReadUInt32LittleEndian(command[(at + 48)..]) != 0)
            {
                Put(command, at + 48, offset + (long)within);
            }
        }
    }

    private static void Put(Span<byte> bytes, int at, params ReadOnlySpan<long> values)
    {
        foreach (var value in values)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], checked((uint)value));
            at += 4;
        }
    }

    private static void Put64(Span<byte> bytes, int at, params ReadOnlySpan<long> values)
    {
        foreach (var value in values)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], value);
            at += 8;
        }
    }
}
