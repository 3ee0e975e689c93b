using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IpswDiff.Forge.Dwarf;

/// <summary>Writes types of C as debugging information, one unit a source file, with functions and variables between them as compilers have.</summary>
public sealed class DwarfWriter(DwarfWriterOptions options)
{
    private readonly ForgeRandom? _random = options.WildForms is { } seed ? new ForgeRandom(seed) : null;
    private readonly List<DwarfEntry> _units = [];
    private readonly List<(ulong Signature, DwarfEntry Root, DwarfEntry Type)> _typeUnits = [];
    private readonly Dictionary<ForgeAggregate, ulong> _signatures = [];
    private readonly Dictionary<ForgeType, DwarfEntry> _shared = [];

    /// <summary>Adds a unit that has <paramref name="types"/> and all that they are made of.</summary>
    /// <param name="file">Name of the source file.</param>
    /// <param name="types">Types of the file.</param>
    /// <param name="locals">Types within a function of the file.</param>
    public DwarfWriter AddUnit(string file, IEnumerable<ForgeType> types, params ForgeType[] locals)
    {
        var root = new DwarfEntry(0x11).Name(file).Number(0x13, 0x0C);
        _units.Add(root);
        var entries = new DwarfEntries(root, options, _random, options.SharesTypes ? _shared : [], SignatureOf);
        var noise = 0;
        foreach (var type in types)
        {
            if (type is ForgeAggregate { IsDeclaration: false, Name: not null } aggregate && SignatureOf(aggregate) is not null)
            {
                continue;
            }

            entries.Entry(type);
            if (noise++ % 3 == 0)
            {
                root.Add(Variable($"variable{noise}", entries.Entry(type)));
            }
        }

        var function = Function("function_of_" + file);
        root.Add(function);
        var block = new DwarfEntry(0x0B).Raw(0x11, 0x01, new byte[8]).Number(0x12, 16);
        function.Add(new DwarfEntry(0x05).Name("argument").Raw(0x02, 0x0A, 1, 0x50)).Add(block);
        foreach (var local in locals)
        {
            entries.Entry(local, block);
        }

        return this;
    }

    /// <summary>Lays everything out.</summary>
    public DwarfSectionBytes Write()
    {
        var encoder = new DwarfEncoder(options, _random);
        var number = 0;
        foreach (var root in _units.Concat(_typeUnits.Select(static unit => unit.Root)))
        {
            DwarfEncoder.Assign(root, number++);
        }

        // References forward and back are all the same to a reader that may go anywhere.
        foreach (var unit in options is { SharesTypes: true, WildForms: not null } ? _units.AsEnumerable().Reverse() : _units)
        {
            encoder.WriteUnit(unit, null, null);
        }

        foreach (var (signature, root, type) in _typeUnits)
        {
            encoder.WriteUnit(root, signature, type);
        }

        return encoder.Finish();
    }

    private ulong? SignatureOf(ForgeAggregate aggregate)
    {
        if (!options.TypeUnits)
        {
            return null;
        }

        if (!_signatures.TryGetValue(aggregate, out var signature))
        {
            signature = BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{aggregate.Keyword} {aggregate.Name} {_signatures.Count}"))));
            _signatures.Add(aggregate, signature);
            var root = new DwarfEntry(0x41).Number(0x13, 0x0C);
            var entry = new DwarfEntries(root, options, _random, [], other => other == aggregate ? null : SignatureOf(other)).Entry(aggregate);
            _typeUnits.Add((signature, root, entry));
        }

        return signature;
    }

    private static DwarfEntry Variable(string name, DwarfEntry type) =>
        new DwarfEntry(0x34).Name(name).Refer(0x49, type).Flag(0x3F).Raw(0x02, 0x0A, 9, 0x03, 0, 0, 0, 0, 0, 0, 0, 0);

    // Values of every form that a reader of types must be able to pass over, under an attribute of no known meaning.
    private DwarfEntry Function(string name)
    {
        const int Vendor = 0x3FE0;
        var wide = options.Is64Bit ? 8 : 4;
        var entry = new DwarfEntry(0x2E).Name(name).Raw(0x11, 0x01, new byte[8]).Number(0x12, 64)
            .Raw(Vendor, 0x03, 2, 0, 9, 9).Raw(Vendor, 0x04, 1, 0, 0, 0, 9).Raw(Vendor, 0x09, 3, 9, 9, 9).Raw(Vendor, 0x0D, 0xFF, 0x7F)
            .Raw(Vendor, 0x08, (byte)'t', (byte)'e', (byte)'x', (byte)'t', 0);
        if (options.Version >= 4)
        {
            entry.Raw(Vendor, 0x17, new byte[wide]).Raw(Vendor, 0x18, 1, 0x9C).Raw(Vendor, 0x19);
        }

        if (options.Version >= 5)
        {
            entry.Raw(Vendor, 0x1E, new byte[16]).Raw(Vendor, 0x1B, 0x80, 0x01).Raw(Vendor, 0x29, 1).Raw(Vendor, 0x2A, 1, 0)
                .Raw(Vendor, 0x2B, 1, 0, 0).Raw(Vendor, 0x2C, 1, 0, 0, 0).Raw(Vendor, 0x22, 5).Raw(Vendor, 0x23, 5);
        }

        if (options.WildForms is not null)
        {
            entry.Raw(Vendor, 0x16, 0x0B, 7).Raw(Vendor, 0x1F01, 3).Raw(Vendor, 0x1F20, new byte[wide]).Raw(Vendor, 0x1F21, new byte[wide]);
            if (options.Version >= 5)
            {
                entry.Raw(Vendor, 0x1C, new byte[4]).Raw(Vendor, 0x24, new byte[8]).Raw(Vendor, 0x1D, new byte[wide]);
            }
        }

        return entry;
    }
}
