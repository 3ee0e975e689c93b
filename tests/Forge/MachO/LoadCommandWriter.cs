using System.Text;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.MachO;

/// <summary>Writes the load commands of one image. Their length does not depend on addresses and offsets.</summary>
internal sealed class LoadCommandWriter(
    MachOBuilder plan, List<MachOSegmentPlan> segments, LinkeditLayout linkedit, Guid uuid, int symbolBytes, int stringBytes, int functionStartBytes)
{
    private readonly MachOWriter _writer = new(plan.Arch.BigEndian);
    private readonly bool _wide = plan.Arch.Is64Bit;

    private int _start;

    internal int Count { get; private set; }

    internal byte[] Write()
    {
        WriteSegments();
        if (plan.InstallName is not null)
        {
            WriteDylib(new MachODylibPlan(plan.InstallName, LoadCommandKind.IdDylib));
        }

        WriteSymbolTables();
        if (plan.FileType == MachOFileType.Execute)
        {
            WriteText(LoadCommandKind.LoadDylinker, "/usr/lib/dyld");
        }

        if (plan.HasUuid)
        {
            Begin(LoadCommandKind.Uuid);
            Span<byte> bytes = stackalloc byte[16];
            uuid.TryWriteBytes(bytes, bigEndian: true, out _);
            _writer.Bytes(bytes);
            End();
        }

        WriteVersions();
        WriteEntryPoint();
        plan.Dylibs.ForEach(WriteDylib);
        plan.Rpaths.ForEach(path => WriteText(LoadCommandKind.Rpath, path));
        if (plan.Functions is not null)
        {
            WriteLinkedit(LoadCommandKind.FunctionStarts, linkedit.FunctionStarts, functionStartBytes);
        }

        WriteFilesetEntries();
        foreach (var command in plan.ExtraCommands)
        {
            _writer.Bytes(command);
            Count++;
        }

        if (plan.Signer is not null)
        {
            WriteLinkedit(LoadCommandKind.CodeSignature, linkedit.Signature, linkedit.SignatureSize);
        }

        return _writer.ToArray();
    }

    private void WriteSegments()
    {
        if (plan.FileType != MachOFileType.Object)
        {
            segments.ForEach(segment => WriteSegment(segment, segment.Sections));
            return;
        }

        // An object file has one segment without a name; its sections say which they will belong to.
        var first = segments[0];
        var last = segments[^1];
        var whole = new MachOSegmentPlan
        {
            Name = string.Empty,
            MaxProtection = 7,
            InitialProtection = 7,
            Address = first.Address,
            FileOffset = first.FileOffset,
            Size = last.Address + last.Size - first.Address,
            FileSize = last.FileOffset + last.FileSize - first.FileOffset,
        };
        WriteSegment(whole, [.. plan.Sections]);
    }

    private void WriteSegment(MachOSegmentPlan segment, List<MachOSectionPlan> sections)
    {
        Begin(_wide ? LoadCommandKind.Segment64 : LoadCommandKind.Segment);
        _writer.Text(segment.Name, 16);
        _writer.Word(segment.Address, _wide);
        _writer.Word(segment.Size, _wide);
        _writer.Word((ulong)segment.FileOffset, _wide);
        _writer.Word((ulong)segment.FileSize, _wide);
        _writer.UInt32((uint)segment.MaxProtection);
        _writer.UInt32((uint)segment.InitialProtection);
        _writer.UInt32((uint)sections.Count);
        _writer.UInt32(segment.Flags);
        foreach (var section in sections)
        {
            _writer.Text(section.Name, 16);
            _writer.Text(section.SegmentName, 16);
            _writer.Word(section.Address, _wide);
            _writer.Word((ulong)section.Size, _wide);
            _writer.UInt32(section.FileOffset);
            _writer.UInt32((uint)section.Alignment);
            _writer.Zeros(8);
            _writer.UInt32(section.Flags);
            _writer.UInt32(section.Reserved1);
            _writer.UInt32(section.Reserved2);
            _writer.Zeros(_wide ? 4 : 0);
        }

        End();
    }

    private void WriteSymbolTables()
    {
        var entrySize = _wide ? 16 : 12;
        Begin(LoadCommandKind.Symtab);
        _writer.UInt32(linkedit.Symbols);
        _writer.UInt32((uint)(symbolBytes / entrySize));
        _writer.UInt32(linkedit.Strings);
        _writer.UInt32((uint)stringBytes);
        End();

        var groups = new int[3];
        foreach (var symbol in plan.Symbols)
        {
            groups[symbol.Group]++;
        }

        Begin(LoadCommandKind.Dysymtab);
        var index = 0;
        foreach (var count in groups)
        {
            _writer.UInt32((uint)index);
            _writer.UInt32((uint)count);
            index += count;
        }

        _writer.Zeros(12 * 4);
        End();
    }

    private void WriteVersions()
    {
        foreach (var build in plan.Builds)
        {
            Begin(LoadCommandKind.BuildVersion);
            _writer.UInt32(build.Platform);
            _writer.UInt32(MachOWriter.PackVersion(build.MinOs));
            _writer.UInt32(MachOWriter.PackVersion(build.Sdk));
            _writer.UInt32(1u);
            _writer.UInt32(3u);
            _writer.UInt32(MachOWriter.PackVersion("1115.7.3"));
            End();
        }

        if (plan.SourceVersion is not null)
        {
            Begin(LoadCommandKind.SourceVersion);
            _writer.UInt64(MachOWriter.PackSourceVersion(plan.SourceVersion));
            End();
        }
    }

    private void WriteEntryPoint()
    {
        var code = plan.Sections.FirstOrDefault(static section => section.Name is "__text");
        if (plan.FileType == MachOFileType.Execute && code is not null)
        {
            Begin(LoadCommandKind.Main);
            _writer.UInt64((ulong)(code.FileOffset - plan.FileOffsetBase));
            _writer.UInt64(0);
            End();
        }
    }

    private void WriteDylib(MachODylibPlan dylib)
    {
        Begin(dylib.Command);
        _writer.UInt32(dylib.UseFlags is null ? 24u : 28u);
        _writer.UInt32(dylib.UseFlags is null ? 2u : 0x1A741800u);
        _writer.UInt32(MachOWriter.PackVersion(dylib.CurrentVersion));
        _writer.UInt32(MachOWriter.PackVersion(dylib.CompatibilityVersion));
        if (dylib.UseFlags is { } flags)
        {
            _writer.UInt32(flags);
        }

        WriteString(dylib.Name);
        End();
    }

    private void WriteText(LoadCommandKind kind, string text)
    {
        Begin(kind);
        _writer.UInt32(12u);
        WriteString(text);
        End();
    }

    private void WriteLinkedit(LoadCommandKind kind, long offset, int size)
    {
        Begin(kind);
        _writer.UInt32(offset);
        _writer.UInt32((uint)size);
        End();
    }

    private void WriteFilesetEntries()
    {
        foreach (var (id, address, fileOffset) in plan.FilesetEntries)
        {
            Begin(LoadCommandKind.FilesetEntry);
            _writer.UInt64(address);
            _writer.UInt64((ulong)fileOffset);
            _writer.UInt32(32u);
            _writer.UInt32(0u);
            WriteString(id);
            End();
        }
    }

    private void WriteString(string text)
    {
        _writer.Bytes(Encoding.UTF8.GetBytes(text));
        _writer.Byte(0);
    }

    private void Begin(LoadCommandKind kind)
    {
        _start = _writer.Length;
        _writer.UInt32((uint)kind);
        _writer.UInt32(0u);
        Count++;
    }

    private void End()
    {
        _writer.AlignTo(_wide ? 8 : 4);
        _writer.PatchUInt32(_start + 4, (uint)(_writer.Length - _start));
    }
}
