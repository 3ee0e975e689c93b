using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO.Versions;

namespace IpswDiff.Formats.MachO;

/// <summary>Reads a Mach header and its load commands; the format's facts are in <c>mach-o/loader.h</c>.</summary>
internal static class ImageParser
{
    private const int FirstRead = 8192;
    private const int MaxCommandBytes = 16 << 20;
    // DYLIB_USE_MARKER of loader.h, and the size of dylib_use_command up to the name.
    private const uint DylibUseMarker = 0x1A741800;
    private const uint DylibUseCommandSize = 28;

    internal static ImageFacts Parse(ByteSource source)
    {
        var facts = ReadHeader(source);
        var seen = default(SingletonCommands);
        foreach (var command in facts.LoadCommands)
        {
            seen.Add(command);
            ParseCommand(facts, command);
        }

        FindEntryPoint(facts);
        return facts;
    }

    private static ImageFacts ReadHeader(ByteSource source)
    {
        var buffer = BoundedArrayPool<byte>.Shared.Rent(FirstRead);
        try
        {
            var first = buffer.AsSpan(0, source.ReadUpTo(0, buffer.AsSpan(0, FirstRead)));
            if (first.Length < 28 || !IsMagic(BinaryPrimitives.ReadUInt32BigEndian(first), out var is64, out var bigEndian))
            {
                throw MachOFormat.Fault(0, first.Length < 28 ? "too short for a Mach header" : "no Mach-O magic");
            }

            var reader = new SpanReader(first, MachOFormat.Name, 0, bigEndian);
            reader.Skip(4);
            var cpuType = reader.ReadUInt32();
            var cpuSubtype = reader.ReadUInt32();
            var fileType = reader.ReadUInt32();
            var commandCount = reader.ReadUInt32();
            var commandBytes = reader.ReadUInt32();
            var flags = reader.ReadUInt32();
            var headerSize = is64 ? 32 : 28;

            if (commandBytes > MaxCommandBytes || commandBytes > source.Length - headerSize)
            {
                throw MachOFormat.Fault(20, $"0x{commandBytes:x} bytes of load commands do not fit in 0x{source.Length:x} bytes; is the file cut short?");
            }

            if (commandCount > commandBytes / 8)
            {
                throw MachOFormat.Fault(16, $"{commandCount} load commands do not fit in {commandBytes} bytes");
            }

            var bytes = GC.AllocateUninitializedArray<byte>(headerSize + (int)commandBytes);
            var known = Math.Min(first.Length, bytes.Length);
            first[..known].CopyTo(bytes);
            if (known < bytes.Length)
            {
                source.ReadExactly(known, bytes.AsSpan(known));
            }

            return new ImageFacts
            {
                HeaderBytes = bytes,
                Is64Bit = is64,
                BigEndian = bigEndian,
                CpuType = (CpuType)cpuType,
                CpuSubtype = cpuSubtype,
                FileType = (MachOFileType)fileType,
                Flags = flags,
                LoadCommands = ListCommands(bytes, headerSize, (int)commandCount, bigEndian),
            };
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Whether the four bytes, read most significant first, begin a thin image.</summary>
    internal static bool IsMagic(uint magic, out bool is64, out bool bigEndian)
    {
        bigEndian = magic is MachOFormat.Magic32 or MachOFormat.Magic64;
        var value = bigEndian ? magic : BinaryPrimitives.ReverseEndianness(magic);
        is64 = value == MachOFormat.Magic64;
        return value is MachOFormat.Magic32 or MachOFormat.Magic64;
    }

    private static LoadCommand[] ListCommands(byte[] bytes, int headerSize, int count, bool bigEndian)
    {
        var commands = new LoadCommand[count];
        var reader = new SpanReader(bytes, MachOFormat.Name, 0, bigEndian);
        reader.Skip(headerSize);
        for (var i = 0; i < count; i++)
        {
            var offset = reader.Position;
            if (reader.Remaining < 8)
            {
                throw MachOFormat.Fault(offset, $"load command {i} of {count} lies past the end of the load commands");
            }

            var kind = (LoadCommandKind)reader.ReadUInt32();
            var size = reader.ReadUInt32();
            if (size < 8 || size - 8 > (uint)reader.Remaining)
            {
                throw MachOFormat.Fault(offset, $"load command {i} ({kind}) states a size of {size} bytes where {reader.Remaining + 8} are left");
            }

            commands[i] = new LoadCommand(kind, offset, (int)size);
            if (size < commands[i].MinimumSize)
            {
                throw MachOFormat.Fault(offset, $"load command {i} ({kind}) has {size} bytes and needs {commands[i].MinimumSize}");
            }

            reader.Skip((int)size - 8);
        }

        return commands;
    }

    private static void ParseCommand(ImageFacts facts, LoadCommand command)
    {
        var reader = facts.ReadCommand(command);
        switch (command.Kind)
        {
            case LoadCommandKind.Segment:
                SegmentParser.Parse(facts, command, ref reader, is64: false);
                break;
            case LoadCommandKind.Segment64:
                SegmentParser.Parse(facts, command, ref reader, is64: true);
                break;
            case LoadCommandKind.Symtab:
                facts.Symtab = new SymtabRange(reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32());
                break;
            case LoadCommandKind.IdDylib:
                facts.Id = ReadDylib(facts, command, ref reader);
                break;
            case LoadCommandKind.LoadDylib or LoadCommandKind.LoadWeakDylib or LoadCommandKind.ReexportDylib
                or LoadCommandKind.LazyLoadDylib or LoadCommandKind.LoadUpwardDylib:
                facts.Dylibs.Add(ReadDylib(facts, command, ref reader));
                break;
            case LoadCommandKind.Rpath:
                facts.Rpaths.Add(ReadString(facts, command, reader.ReadUInt32()));
                break;
            case LoadCommandKind.LoadDylinker or LoadCommandKind.IdDylinker or LoadCommandKind.DyldEnvironment
                or LoadCommandKind.SubFramework or LoadCommandKind.SubUmbrella or LoadCommandKind.SubClient
                or LoadCommandKind.SubLibrary or LoadCommandKind.LoadFvmlib or LoadCommandKind.IdFvmlib
                or LoadCommandKind.PreboundDylib or LoadCommandKind.FvmFile or LoadCommandKind.TargetTriple:
                var text = ReadString(facts, command, reader.ReadUInt32());
                if (command.Kind == LoadCommandKind.LoadDylinker)
                {
                    facts.Dylinker = text;
                }

                break;
            case LoadCommandKind.Uuid:
                facts.Uuid = new Guid(reader.ReadBytes(16), bigEndian: true);
                break;
            case LoadCommandKind.SourceVersion:
                facts.SourceVersion = new SourceVersion(reader.ReadUInt64());
                break;
            case LoadCommandKind.BuildVersion:
                facts.BuildVersions.Add(ReadBuildVersion(command, ref reader));
                break;
            case LoadCommandKind.VersionMinMacOS or LoadCommandKind.VersionMinIPhoneOS
                or LoadCommandKind.VersionMinTvOS or LoadCommandKind.VersionMinWatchOS:
                facts.BuildVersions.Add(new BuildVersion(
                    PlatformOf(facts, command.Kind), new PackedVersion(reader.ReadUInt32()), new PackedVersion(reader.ReadUInt32())));
                break;
            case LoadCommandKind.FilesetEntry:
                var address = reader.ReadUInt64();
                var fileOffset = reader.ReadOffset64();
                facts.FilesetEntries.Add(new FilesetEntry(ReadString(facts, command, reader.ReadUInt32()), address, fileOffset));
                break;
            case LoadCommandKind.EncryptionInfo or LoadCommandKind.EncryptionInfo64:
                facts.Encryption = new EncryptionInfo(reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32());
                break;
            default:
                break;
        }
    }

    private static MachODylib ReadDylib(ImageFacts facts, LoadCommand command, ref SpanReader reader)
    {
        var nameOffset = reader.ReadUInt32();
        var timestampOrMarker = reader.ReadUInt32();
        var current = new PackedVersion(reader.ReadUInt32());
        var compatibility = new PackedVersion(reader.ReadUInt32());
        var kind = command.Kind switch
        {
            LoadCommandKind.LoadWeakDylib => DylibKind.Weak,
            LoadCommandKind.ReexportDylib => DylibKind.Reexport,
            LoadCommandKind.LoadUpwardDylib => DylibKind.Upward,
            LoadCommandKind.LazyLoadDylib => DylibKind.Lazy,
            _ => DylibKind.Load,
        };

        // dylib_use_command: the marker stands where the timestamp was, flags follow the old structure, the name comes after them.
        if (timestampOrMarker == DylibUseMarker && nameOffset == DylibUseCommandSize && reader.Remaining >= 4
            && command.Kind is LoadCommandKind.LoadDylib or LoadCommandKind.LoadWeakDylib)
        {
            var use = (DylibUseFlags)reader.ReadUInt32();
            kind = (use & DylibUseFlags.Upward) != 0 ? DylibKind.Upward
                : (use & DylibUseFlags.Reexport) != 0 ? DylibKind.Reexport
                : (use & DylibUseFlags.WeakLink) != 0 ? DylibKind.Weak
                : (use & DylibUseFlags.DelayedInit) != 0 ? DylibKind.DelayInit
                : kind;
        }

        return new MachODylib(ReadString(facts, command, nameOffset), kind, current, compatibility);
    }

    private static BuildVersion ReadBuildVersion(LoadCommand command, ref SpanReader reader)
    {
        var version = new BuildVersion((MachOPlatform)reader.ReadUInt32(), new PackedVersion(reader.ReadUInt32()), new PackedVersion(reader.ReadUInt32()));
        var tools = reader.ReadUInt32();
        if (tools > reader.Remaining / 8)
        {
            throw MachOFormat.Fault(command.Offset, $"{tools} tool versions do not fit in a command of {command.Size} bytes");
        }

        return version;
    }

    private static MachOPlatform PlatformOf(ImageFacts facts, LoadCommandKind kind)
    {
        // The simulator had no platform of its own before LC_BUILD_VERSION: an Intel image for a device system is for the simulator.
        var simulator = facts.CpuType is CpuType.X86 or CpuType.X8664;
        return kind switch
        {
            LoadCommandKind.VersionMinMacOS => MachOPlatform.MacOS,
            LoadCommandKind.VersionMinIPhoneOS => simulator ? MachOPlatform.IOSSimulator : MachOPlatform.IOS,
            LoadCommandKind.VersionMinTvOS => simulator ? MachOPlatform.TvOSSimulator : MachOPlatform.TvOS,
            _ => simulator ? MachOPlatform.WatchOSSimulator : MachOPlatform.WatchOS,
        };
    }

    private static string ReadString(ImageFacts facts, LoadCommand command, uint offset)
    {
        if (offset < 8 || offset >= (uint)command.Size)
        {
            throw MachOFormat.Fault(
                command.Offset, $"the string of {command.Kind} begins at byte {offset} of a command of {command.Size} bytes");
        }

        var bytes = facts.HeaderBytes.AsSpan(command.Offset + (int)offset, command.Size - (int)offset);
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private static void FindEntryPoint(ImageFacts facts)
    {
        foreach (var command in facts.LoadCommands)
        {
            var reader = facts.ReadCommand(command);
            if (command.Kind == LoadCommandKind.Main)
            {
                var offset = reader.ReadUInt64();
                foreach (var segment in facts.Segments)
                {
                    if (segment.Name == "__TEXT")
                    {
                        facts.EntryPoint = unchecked(segment.Address + offset);
                        return;
                    }
                }
            }
            else if (command.Kind == LoadCommandKind.UnixThread)
            {
                facts.EntryPoint = ThreadState.FindProgramCounter(facts.CpuType, ref reader);
                return;
            }
        }
    }

    /// <summary>Commands that an image may have only once; a second one would make two truths of one fact.</summary>
    private struct SingletonCommands
    {
        private ulong _seen;

        internal void Add(LoadCommand command)
        {
            var single = command.Kind is LoadCommandKind.Symtab or LoadCommandKind.Dysymtab or LoadCommandKind.IdDylib
                or LoadCommandKind.Uuid or LoadCommandKind.CodeSignature or LoadCommandKind.FunctionStarts
                or LoadCommandKind.SourceVersion or LoadCommandKind.Main or LoadCommandKind.EncryptionInfo
                or LoadCommandKind.EncryptionInfo64;
            if (!single)
            {
                return;
            }

            var bit = 1UL << (int)((uint)command.Kind & 0x3F);
            if ((_seen & bit) != 0)
            {
                throw MachOFormat.Fault(command.Offset, $"a second {command.Kind} command");
            }

            _seen |= bit;
        }
    }
}
