using System.IO.Hashing;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Dwarf;

/// <summary>
/// The names of types and members, each held once. A name is a number here, 0 for none; its hash is the same in every file. Names come
/// from sections of strings, from the units themselves, or by number through a table of offsets. For one thread.
/// </summary>
internal sealed class DwarfNames
{
    private const int ChunkSize = 1 << 20;
    private const int MaxChunks = 512;

    // Places of names that are remembered. Each costs some 24 bytes; a kernel uses a few hundred thousand.
    private const int MaxPlaces = 1 << 21;

    // Strings may share tails, but not so that the names together leave all proportion to their section.
    private const long WorkPerByte = 16;
    private const long WorkSlack = 64 << 20;

    private readonly DwarfPages _strings;
    private readonly DwarfPages _lineStrings;
    private readonly DwarfPages _offsets;
    private readonly Dictionary<long, int> _places = [];
    private readonly Dictionary<UInt128, int> _byHash = [];
    private readonly List<Entry> _names = [default];
    private readonly List<byte[]> _chunks = [];
    private int _chunkUsed = ChunkSize;
    private long _workLeft;

    internal DwarfNames(DwarfSections sections)
    {
        _strings = new DwarfPages(sections.Strings, sections.BigEndian);
        _lineStrings = new DwarfPages(sections.LineStrings, sections.BigEndian);
        _offsets = new DwarfPages(sections.StringOffsets, sections.BigEndian);
        _workLeft = ((sections.Strings.Length + sections.LineStrings.Length) * WorkPerByte) + WorkSlack;
    }

    internal UInt128 HashOf(int name) => _names[name].Hash;

    internal ReadOnlySpan<byte> Bytes(int name)
    {
        var entry = _names[name];
        return entry.Length == 0 ? default : _chunks[entry.Chunk].AsSpan(entry.Start, entry.Length);
    }

    internal string Text(int name) => Encoding.UTF8.GetString(Bytes(name));

    /// <summary>The name that an attribute holds, 0 for none or an empty one.</summary>
    /// <param name="cursor">Stands at the value.</param>
    /// <param name="form">How the value is written.</param>
    /// <param name="unit">The unit around it.</param>
    /// <param name="offsetsBase">Where the unit's table of string offsets begins.</param>
    /// <exception cref="FirmwareFormatException">The string lies outside its section or is too long.</exception>
    internal int Read(ref DwarfCursor cursor, DwarfForm form, DwarfUnit unit, long offsetsBase)
    {
        form = DwarfForms.Direct(ref cursor, form);
        switch (form)
        {
            case DwarfForm.String:
                return Intern(cursor.Text(), cursor.Offset);
            case DwarfForm.Strp:
                return At((long)cursor.Fixed(unit.OffsetSize), inLines: false);
            case DwarfForm.LineStrp:
                return At((long)cursor.Fixed(unit.OffsetSize), inLines: true);
            case DwarfForm.Strx or DwarfForm.GnuStrIndex:
                return ByIndex(cursor.Uleb(), unit, offsetsBase);
            case DwarfForm.Strx1 or DwarfForm.Strx2 or DwarfForm.Strx3 or DwarfForm.Strx4:
                return ByIndex(cursor.Fixed(DwarfForms.SizeOf(form, unit, cursor.Offset)), unit, offsetsBase);
            default:
                // A name in a supplementary file, which a Mach-O never has.
                DwarfForms.Skip(ref cursor, form, unit);
                return 0;
        }
    }

    private int ByIndex(ulong index, DwarfUnit unit, long offsetsBase)
    {
        if (index > (ulong)_offsets.Length / (ulong)unit.OffsetSize)
        {
            throw DwarfFormat.Fault(unit.Offset, $"string {index} is looked up in a table of 0x{_offsets.Length:x} bytes");
        }

        return At((long)_offsets.Fixed(offsetsBase + ((long)index * unit.OffsetSize), unit.OffsetSize), inLines: false);
    }

    private int At(long offset, bool inLines)
    {
        var key = inLines ? ~offset : offset;
        if (!_places.TryGetValue(key, out var name))
        {
            name = Intern((inLines ? _lineStrings : _strings).Text(offset), offset);
            if (_places.Count == MaxPlaces)
            {
                _places.Clear();
            }

            _places.Add(key, name);
        }

        return name;
    }

    private int Intern(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.IsEmpty)
        {
            return 0;
        }

        if (bytes.Length > DwarfFormat.MaxNameLength)
        {
            throw DwarfFormat.Fault(offset, $"a name is longer than {DwarfFormat.MaxNameLength} bytes");
        }

        // The bool of C is named otherwise than that of C++, which would make two types of every one in a header of both.
        bytes = bytes.SequenceEqual("_Bool"u8) ? "bool"u8 : bytes;
        var hash = XxHash128.HashToUInt128(bytes);
        if (_byHash.TryGetValue(hash, out var name))
        {
            return name;
        }

        _workLeft -= bytes.Length;
        if (_workLeft < 0)
        {
            throw DwarfFormat.Fault(offset, "the names overlap so much that their sum leaves all proportion to their section");
        }

        name = _names.Count;
        _names.Add(Store(bytes, hash, offset));
        _byHash.Add(hash, name);
        return name;
    }

    private Entry Store(ReadOnlySpan<byte> bytes, UInt128 hash, long offset)
    {
        if (ChunkSize - _chunkUsed < bytes.Length)
        {
            if (_chunks.Count == MaxChunks)
            {
                throw DwarfFormat.Fault(offset, $"the names of all types together have more than {MaxChunks} MiB");
            }

            _chunks.Add(GC.AllocateUninitializedArray<byte>(ChunkSize));
            _chunkUsed = 0;
        }

        var entry = new Entry(hash, _chunks.Count - 1, _chunkUsed, bytes.Length);
        bytes.CopyTo(_chunks[^1].AsSpan(_chunkUsed));
        _chunkUsed += bytes.Length;
        return entry;
    }

    private readonly record struct Entry(UInt128 Hash, int Chunk, int Start, int Length);
}
