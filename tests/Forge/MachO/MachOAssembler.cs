using System.Security.Cryptography;
using System.Text;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.MachO;

/// <summary>Lays one image out: header and commands, segments, link-edit data, signature.</summary>
internal sealed class MachOAssembler(MachOBuilder plan)
{
    private const int SignatureAlignment = 16;

    private readonly MachOArch _arch = plan.Arch;
    private readonly List<MachOSegmentPlan> _segments = [];

    private byte[] _functionStarts = [];
    private byte[] _symbols = [];
    private byte[] _strings = [];
    private LinkeditLayout _linkedit;
    private Guid _uuid;

    private bool IsObject => plan.FileType == MachOFileType.Object;

    internal byte[] Assemble()
    {
        ListSegments();
        var commandBytes = EmitCommands().Length;
        var end = PlaceSegments((_arch.Is64Bit ? 32 : 28) + commandBytes);
        _functionStarts = EncodeFunctionStarts();
        EncodeSymbols();
        _uuid = plan.Uuid ?? DeriveUuid();
        var fileSize = PlaceLinkedit(end);

        var file = new byte[fileSize];
        WriteHeader(file);
        foreach (var section in plan.Sections.Where(static section => !section.IsZeroFill))
        {
            section.Bytes.CopyTo(file.AsSpan((int)(section.FileOffset - plan.FileOffsetBase)));
        }

        Place(file, _functionStarts, _linkedit.FunctionStarts);
        Place(file, _symbols, _linkedit.Symbols);
        Place(file, _strings, _linkedit.Strings);
        if (plan.Signer is { } signer)
        {
            var at = (int)(_linkedit.Signature - plan.FileOffsetBase);
            signer.Sign(file.AsSpan(0, at)).CopyTo(file.AsSpan(at));
        }

        return file;
    }

    private void ListSegments()
    {
        if (plan.FileType == MachOFileType.Execute)
        {
            _segments.Add(new MachOSegmentPlan { Name = "__PAGEZERO", Address = 0, Size = plan.BaseAddress });
        }

        if (!IsObject)
        {
            plan.Segment("__TEXT");
        }

        // __TEXT holds the header, so it comes first; link-edit data comes last.
        _segments.AddRange(plan.Segments.OrderBy(static segment => segment.Name switch
        {
            "__TEXT" => 0,
            "__LINKEDIT" => 2,
            _ => 1,
        }));
        if (!IsObject && !_segments.Exists(static segment => segment.Name is "__LINKEDIT"))
        {
            _segments.Add(new MachOSegmentPlan { Name = "__LINKEDIT", MaxProtection = 1, InitialProtection = 1 });
        }

        var ordinal = 0;
        foreach (var section in _segments.SelectMany(static segment => segment.Sections))
        {
            section.Ordinal = ++ordinal;
        }
    }

    private long PlaceSegments(int headerBytes)
    {
        var page = IsObject ? 1 : _arch.PageSize;
        var offset = 0L;
        var address = plan.BaseAddress;
        var first = true;
        foreach (var segment in _segments.Where(static segment => segment.Name is not ("__PAGEZERO" or "__LINKEDIT")))
        {
            segment.FileOffset = offset + plan.FileOffsetBase;
            segment.Address = segment.FixedAddress ?? address;

            // In an object file the header is not part of the one segment's memory.
            var within = first && !IsObject ? headerBytes : 0;
            if (first && IsObject)
            {
                offset = headerBytes;
                segment.FileOffset = offset + plan.FileOffsetBase;
            }

            first = false;
            var fileEnd = (long)within;
            var memoryEnd = (long)within;
            foreach (var section in segment.Sections.OrderBy(static section => section.IsZeroFill))
            {
                memoryEnd = Align(memoryEnd, 1L << section.Alignment);
                section.Address = segment.Address + (ulong)memoryEnd;
                section.FileOffset = section.IsZeroFill ? 0 : segment.FileOffset + memoryEnd;
                memoryEnd += section.Size;
                fileEnd = section.IsZeroFill ? fileEnd : memoryEnd;
            }

            segment.FileSize = Align(fileEnd, page);
            segment.Size = (ulong)Math.Max(Align(memoryEnd, page), segment.FileSize);
            offset += segment.FileSize;
            address = segment.Address + segment.Size;
        }

        return offset;
    }

    private long PlaceLinkedit(long start)
    {
        var at = Align(start, 8);
        _linkedit.FunctionStarts = at + plan.FileOffsetBase;
        at = Align(at + _functionStarts.Length, 8);
        _linkedit.Symbols = at + plan.FileOffsetBase;
        at += _symbols.Length;
        _linkedit.Strings = at + plan.FileOffsetBase;
        at = Align(at + _strings.Length, SignatureAlignment);
        if (plan.Signer is { } signer)
        {
            _linkedit.Signature = at + plan.FileOffsetBase;
            _linkedit.SignatureSize = (int)Align(signer.Measure(at), SignatureAlignment);
            at += _linkedit.SignatureSize;
        }

        var segment = _segments.Find(static segment => segment.Name is "__LINKEDIT");
        if (segment is not null)
        {
            var before = _segments[^2];
            segment.FileOffset = start + plan.FileOffsetBase;
            segment.FileSize = at - start;
            segment.Address = segment.FixedAddress ?? before.Address + before.Size;
            segment.Size = (ulong)Align(segment.FileSize, _arch.PageSize);
        }

        return at;
    }

    private byte[] EncodeFunctionStarts()
    {
        if (plan.Functions is null)
        {
            return [];
        }

        var bytes = new List<byte>();
        var last = plan.Segment("__TEXT").Address;
        foreach (var address in plan.Functions.Select(static function => function.Section.Address + (ulong)function.Offset).Order())
        {
            for (var delta = address - last; ; delta >>= 7)
            {
                bytes.Add((byte)((delta & 0x7F) | (delta > 0x7F ? 0x80u : 0)));
                if (delta <= 0x7F)
                {
                    break;
                }
            }

            last = address;
        }

        bytes.Add(0);
        while (bytes.Count % 8 != 0)
        {
            bytes.Add(0);
        }

        return [.. bytes];
    }

    private void EncodeSymbols()
    {
        var entries = new MachOWriter(_arch.BigEndian);
        var strings = new MachOWriter(_arch.BigEndian);
        var known = new Dictionary<string, uint>(StringComparer.Ordinal) { [string.Empty] = 0 };
        strings.Bytes(" \0"u8);
        foreach (var symbol in plan.SortedSymbols)
        {
            if (!known.TryGetValue(symbol.Name, out var index))
            {
                index = (uint)strings.Length;
                known.Add(symbol.Name, index);
                strings.Bytes(Encoding.UTF8.GetBytes(symbol.Name));
                strings.Byte(0);
            }

            entries.UInt32(symbol.Name.Length == 0 ? 1 : index);
            entries.Byte(symbol.Type);
            entries.Byte((byte)(symbol.Section?.Ordinal ?? 0));
            entries.UInt16(symbol.Description);
            entries.Word(symbol.Value + (symbol.Section?.Address ?? 0), _arch.Is64Bit);
        }

        strings.AlignTo(8);
        _symbols = entries.ToArray();
        _strings = strings.ToArray();
    }

    private Guid DeriveUuid()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{_arch.Name} {plan.FileType} {plan.InstallName} {plan.SourceVersion}"));
        foreach (var section in plan.Sections)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{section.SegmentName}.{section.Name} {section.Size}"));
            hash.AppendData(section.Bytes);
        }

        hash.AppendData(_symbols);
        hash.AppendData(_strings);
        var bytes = hash.GetHashAndReset().AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x30);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private void WriteHeader(byte[] file)
    {
        var commands = EmitCommands();
        var header = new MachOWriter(_arch.BigEndian);
        header.UInt32(_arch.Is64Bit ? 0xFEEDFACF : 0xFEEDFACEu);
        header.UInt32(_arch.CpuType);
        header.UInt32(_arch.CpuSubtype);
        header.UInt32((uint)plan.FileType);
        header.UInt32((uint)commands.Count);
        header.UInt32((uint)commands.Length);
        header.UInt32(plan.HeaderFlags);
        header.Zeros(_arch.Is64Bit ? 4 : 0);
        header.Written.CopyTo(file);
        commands.Bytes.CopyTo(file, header.Length);
    }

    private (byte[] Bytes, int Count, int Length) EmitCommands()
    {
        var commands = new LoadCommandWriter(plan, _segments, _linkedit, _uuid, _symbols.Length, _strings.Length, _functionStarts.Length);
        var bytes = commands.Write();
        return (bytes, commands.Count, bytes.Length);
    }

    private void Place(byte[] file, byte[] part, long offset) => part.CopyTo(file.AsSpan((int)(offset - plan.FileOffsetBase)));

    private static long Align(long value, long alignment) => (value + alignment - 1) / alignment * alignment;
}

/// <summary>File offsets of what __LINKEDIT holds.</summary>
internal record struct LinkeditLayout
{
    internal long FunctionStarts { get; set; }

    internal long Symbols { get; set; }

    internal long Strings { get; set; }

    internal long Signature { get; set; }

    internal int SignatureSize { get; set; }
}
