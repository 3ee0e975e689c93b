using System.Text;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Forge.SharedCache.Generated;

/// <summary>Writes the Mach header and the load commands of a generated library. Their length does not depend on where it lies.</summary>
internal sealed class GeneratedCommands
{
    private const int Slack = 32;

    private readonly CacheBuffer _out = new();
    private readonly GeneratedLayout _layout;
    private readonly CacheImagePlace? _place;
    private readonly bool _wide;
    private int _start;
    private int _count;

    private GeneratedCommands(GeneratedLayout layout, CacheImagePlace? place)
    {
        _layout = layout;
        _place = place;
        _wide = layout.Options.Is64Bit;
    }

    /// <summary>Where the first section may begin. Which sections there will be is not known yet, so room is left for all.</summary>
    internal static int Measure(GeneratedLayout layout)
    {
        const int MaxSegments = 7;
        const int MaxSections = 20;
        var strings = layout.Dylibs.Append(layout.Recipe.Path).Sum(static path => 24 + Encoding.UTF8.GetByteCount(path) + 8);
        return (int)CacheBuffer.Align(32 + (MaxSegments * 72) + (MaxSections * 80) + strings + 24 + 32 + 16 + 24 + 80 + 16 + Slack, 16);
    }

    /// <summary>Writes them to <paramref name="destination"/>.</summary>
    internal static void Write(GeneratedLayout layout, CacheImagePlace place, GeneratedSymbolCounts symbols, Span<byte> destination)
    {
        var commands = new GeneratedCommands(layout, place);
        commands.WriteAll(symbols);
        commands._out.Written.CopyTo(destination);
    }

    private void WriteAll(GeneratedSymbolCounts symbols)
    {
        var arch = _layout.Options.Arch;
        _out.UInt32(_wide ? 0xFEEDFACF : 0xFEEDFACEu);
        _out.UInt32(arch.CpuType);
        _out.UInt32(arch.CpuSubtype);
        _out.UInt32(6u);
        _out.Zeros(8);

        // NOUNDEFS, DYLDLINK, TWOLEVEL, NO_REEXPORTED_DYLIBS, DYLIB_IN_CACHE.
        _out.UInt32(0x80100085u);
        _out.Zeros(_wide ? 4 : 0);
        var start = _out.Length;
        for (var i = 0; i < _layout.Segments.Count; i++)
        {
            WriteSegment(i);
        }

        WriteLinkedit();
        WriteDylib(0xD, _layout.Recipe.Path, _layout.Recipe.SourceVersion);
        WriteTables(symbols);
        Begin(0x1B);
        _out.Uuid(_layout.Recipe.Uuid);
        End();
        Begin(0x32);
        _out.UInt32(_layout.Options.Platform);
        _out.UInt32(MachOWriter.PackVersion(_layout.Recipe.Sdk));
        _out.UInt32(MachOWriter.PackVersion(_layout.Recipe.Sdk));
        _out.UInt32(0u);
        End();
        Begin(0x2A);
        _out.UInt64(MachOWriter.PackSourceVersion(_layout.Recipe.SourceVersion));
        End();
        foreach (var dylib in _layout.Dylibs)
        {
            WriteDylib(0xC, dylib, "1.0.0");
        }

        var header = _out.Written;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(header[16..], _count);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(header[20..], _out.Length - start);
    }

    private void WriteSegment(int index)
    {
        var segment = _layout.Segments[index];
        var sections = _layout.Sections.Where(section => section.Segment == index).ToArray();
        var protection = index == 0 ? 5u : 3u;
        var address = _place!.Addresses[index];
        var offset = _place.FileOffsets[index];
        Begin(_wide ? 0x19u : 1u);
        Text(segment.Name);
        _out.Word(address, _wide);
        _out.Word((ulong)segment.Size, _wide);
        _out.Word((ulong)offset, _wide);
        _out.Word((ulong)segment.Size, _wide);
        _out.UInt32(protection);
        _out.UInt32(protection);
        _out.UInt32(sections.Length);
        _out.UInt32(0u);
        foreach (var section in sections)
        {
            Text(section.Name);
            Text(segment.Name);
            _out.Word(address + (ulong)section.Offset, _wide);
            _out.Word((ulong)section.Size, _wide);
            _out.UInt32(section.IsZeroFill ? 0 : offset + section.Offset);
            _out.UInt32(section.Alignment);
            _out.Zeros(8);
            _out.UInt32(section.Flags);

            // Indirect symbols: those of the stubs, then those of the pointers.
            _out.UInt32(section.Reserved1);
            _out.UInt32(section.Reserved2);
            _out.Zeros(_wide ? 4 : 0);
        }

        End();
    }

    private void WriteLinkedit()
    {
        var group = _place!.Group;
        Begin(_wide ? 0x19u : 1u);
        Text("__LINKEDIT");
        _out.Word(group.LinkeditAddress, _wide);
        _out.Word((ulong)group.LinkeditSize, _wide);
        _out.Word((ulong)group.LinkeditOffset, _wide);
        _out.Word((ulong)group.LinkeditSize, _wide);
        _out.UInt32(1u);
        _out.UInt32(1u);
        _out.UInt32(0u);
        _out.UInt32(0u);
        End();
    }

    private void WriteTables(GeneratedSymbolCounts symbols)
    {
        Begin(2);
        _out.UInt32(_place!.Symbols);
        _out.UInt32(symbols.Total);
        _out.UInt32(_place.Group.NamesOffset);
        _out.UInt32(_place.Group.NamesSize);
        End();
        Begin(0xB);
        _out.UInt32(0u);
        _out.UInt32(symbols.Local);
        _out.UInt32(symbols.Local);
        _out.UInt32(symbols.External);
        _out.UInt32(symbols.Local + symbols.External);
        _out.UInt32(symbols.Undefined);
        _out.Zeros(24);
        _out.UInt32(_place.Indirect);
        _out.UInt32(_layout.Imports.Length * 2);
        _out.Zeros(16);
        End();
        Begin(0x26);
        _out.UInt32(_place.FunctionStarts);
        _out.UInt32(_place.Shape.FunctionStartsSize);
        End();
    }

    private void WriteDylib(uint command, string path, string version)
    {
        Begin(command);
        _out.UInt32(24u);
        _out.UInt32(2u);
        _out.UInt32(MachOWriter.PackVersion(version));
        _out.UInt32(0x10000u);
        _out.Bytes(Encoding.UTF8.GetBytes(path));
        _out.Byte(0);
        End();
    }

    private void Text(string name)
    {
        _out.Bytes(Encoding.ASCII.GetBytes(name));
        _out.Zeros(16 - name.Length);
    }

    private void Begin(uint command)
    {
        _start = _out.Length;
        _out.UInt32(command);
        _out.UInt32(0u);
        _count++;
    }

    private void End()
    {
        // Commands begin at multiples of the pointer's size; both headers are multiples of four.
        var size = (int)CacheBuffer.Align(_out.Length - _start, _wide ? 8 : 4);
        _out.Zeros(size - (_out.Length - _start));
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(_out.Written[(_start + 4)..], size);
    }
}

/// <summary>Entries of a symbol table by group.</summary>
internal readonly record struct GeneratedSymbolCounts(int Local, int External, int Undefined)
{
    internal int Total => Local + External + Undefined;
}
