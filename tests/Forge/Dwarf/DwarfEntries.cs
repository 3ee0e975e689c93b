namespace IpswDiff.Forge.Dwarf;

/// <summary>Makes the entries of one unit of types, each once.</summary>
internal sealed class DwarfEntries(DwarfEntry root, DwarfWriterOptions options, ForgeRandom? random, Dictionary<ForgeType, DwarfEntry> known, Func<ForgeAggregate, ulong?> signatureOf)
{
    private const int ByteSize = 0x0B;
    private const int BitOffset = 0x0C;
    private const int BitSize = 0x0D;
    private const int ConstValue = 0x1C;
    private const int UpperBound = 0x2F;
    private const int Count = 0x37;
    private const int MemberLocation = 0x38;
    private const int Declaration = 0x3C;
    private const int Encoding = 0x3E;
    private const int Type = 0x49;
    private const int SignatureAttribute = 0x69;
    private const int DataBitOffset = 0x6B;

    internal DwarfEntry Root { get; } = root;

    /// <summary>The entry of a type, made now if it is not there.</summary>
    internal DwarfEntry Entry(ForgeType type, DwarfEntry? scope = null)
    {
        if (known.TryGetValue(type, out var entry))
        {
            return entry;
        }

        entry = new DwarfEntry(TagOf(type));
        known.Add(type, entry);
        (scope ?? Root).Add(entry);
        Fill(entry, type);
        return entry;
    }

    private static int TagOf(ForgeType type) => type switch
    {
        ForgeBaseType => 0x24,
        ForgePointer => 0x0F,
        ForgeSignedPointer => 0x4300,
        ForgeQualified { Qualifier: "const" } => 0x26,
        ForgeQualified { Qualifier: "volatile" } => 0x35,
        ForgeQualified { Qualifier: "restrict" } => 0x37,
        ForgeQualified => 0x47,
        ForgeArray => 0x01,
        ForgeFunction => 0x15,
        ForgeTypedef => 0x16,
        ForgeEnum => 0x04,
        ForgeAggregate { Keyword: "union" } => 0x17,
        ForgeAggregate { Keyword: "class" } => 0x02,
        _ => 0x13,
    };

    private void Fill(DwarfEntry entry, ForgeType type)
    {
        switch (type)
        {
            case ForgeBaseType plain:
                entry.Name(plain.Name).Number(Encoding, plain.Encoding).Number(ByteSize, plain.Size);
                break;
            case ForgePointer pointer:
                Refer(entry, pointer.Target);
                break;
            case ForgeSignedPointer signed:
                Refer(entry, signed.Target);
                entry.Number(0x3E04, signed.Key);
                if (signed.AddressDiscriminated)
                {
                    entry.Flag(0x3E05);
                }

                entry.Number(0x3E06, signed.Discriminator);
                break;
            case ForgeQualified qualified:
                Refer(entry, qualified.Target);
                break;
            case ForgeArray array:
                Refer(entry, array.Element);
                foreach (var bound in array.Bounds)
                {
                    var range = new DwarfEntry(0x21);
                    entry.Add(bound switch
                    {
                        null => range,
                        > 0 when random?.Next(2) == 0 => range.Number(UpperBound, bound.Value - 1),
                        _ => range.Number(Count, bound.Value),
                    });
                }

                break;
            case ForgeFunction function:
                Refer(entry, function.Result);
                foreach (var parameter in function.Parameters)
                {
                    var child = new DwarfEntry(0x05);
                    Refer(child, parameter);
                    entry.Add(child);
                }

                if (function.IsVariadic)
                {
                    entry.Add(new DwarfEntry(0x18));
                }

                break;
            case ForgeTypedef named:
                entry.Name(named.Name);
                Refer(entry, named.Target);
                break;
            case ForgeEnum values:
                entry.Name(values.Name).Number(ByteSize, values.Size);
                Refer(entry, values.Underlying);
                foreach (var (name, value) in values.Constants)
                {
                    entry.Add(new DwarfEntry(0x28).Name(name).Number(ConstValue, value));
                }

                break;
            case ForgeAggregate aggregate:
                Fill(entry, aggregate);
                break;
        }
    }

    private void Fill(DwarfEntry entry, ForgeAggregate aggregate)
    {
        entry.Name(aggregate.Name);
        if (aggregate.IsDeclaration)
        {
            entry.Flag(Declaration);
            return;
        }

        entry.Number(ByteSize, aggregate.Size);
        foreach (var member in aggregate.Members)
        {
            var child = new DwarfEntry(0x0D).Name(member.Name);
            Refer(child, member.Type);
            entry.Add(child);
            var storage = member.Type.Size * 8;
            if (member.Bits is not { } bits)
            {
                if (aggregate.Keyword != "union" || random?.Next(2) != 0)
                {
                    child.Number(MemberLocation, member.FirstBit / 8);
                }
            }
            else if (options.Version < 4 || random?.Next(3) == 0)
            {
                child.Number(ByteSize, member.Type.Size).Number(BitSize, bits)
                    .Number(BitOffset, storage - (member.FirstBit % storage) - bits).Number(MemberLocation, member.FirstBit / storage * member.Type.Size);
            }
            else
            {
                child.Number(BitSize, bits).Number(DataBitOffset, member.FirstBit);
            }
        }
    }

    private void Refer(DwarfEntry entry, ForgeType? type)
    {
        if (type is null)
        {
            return;
        }

        if (type is not ForgeAggregate { IsDeclaration: false, Name: not null } aggregate || signatureOf(aggregate) is not { } signature)
        {
            entry.Refer(Type, Entry(type));
        }
        else if (random?.Next(2) == 0)
        {
            entry.Signature(Type, signature);
        }
        else
        {
            if (!known.TryGetValue(type, out var skeleton))
            {
                skeleton = new DwarfEntry(TagOf(type)).Flag(Declaration).Signature(SignatureAttribute, signature);
                known.Add(type, skeleton);
                Root.Add(skeleton);
            }

            entry.Refer(Type, skeleton);
        }
    }
}
