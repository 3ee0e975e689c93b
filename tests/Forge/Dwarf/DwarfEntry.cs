namespace IpswDiff.Forge.Dwarf;

/// <summary>A debugging information entry to write.</summary>
internal sealed class DwarfEntry(int tag)
{
    internal int Tag { get; } = tag;

    internal List<DwarfAttributeValue> Attributes { get; } = [];

    internal List<DwarfEntry> Children { get; } = [];

    /// <summary>Where the entry begins in its section; known once its unit has been written.</summary>
    internal long Offset { get; set; } = -1;

    /// <summary>The unit it was written in.</summary>
    internal int Unit { get; set; } = -1;

    internal DwarfEntry Name(string? name) => name is null ? this : With(0x03, DwarfValueKind.Text, text: name);

    internal DwarfEntry Number(int attribute, long value) => With(attribute, DwarfValueKind.Number, value);

    internal DwarfEntry Flag(int attribute) => With(attribute, DwarfValueKind.Flag, 1);

    internal DwarfEntry Refer(int attribute, DwarfEntry target) => With(attribute, DwarfValueKind.Reference, target: target);

    internal DwarfEntry Signature(int attribute, ulong signature) => With(attribute, DwarfValueKind.Signature, (long)signature);

    internal DwarfEntry Raw(int attribute, int form, params byte[] bytes) => With(attribute, DwarfValueKind.Raw, form, bytes: bytes);

    internal DwarfEntry Add(DwarfEntry child)
    {
        Children.Add(child);
        return this;
    }

    private DwarfEntry With(int attribute, DwarfValueKind kind, long number = 0, string? text = null, DwarfEntry? target = null, byte[]? bytes = null)
    {
        Attributes.Add(new DwarfAttributeValue(attribute, kind, number, text, target, bytes));
        return this;
    }
}

internal enum DwarfValueKind
{
    Number,
    Text,
    Flag,
    Reference,
    Signature,
    Raw,
}

/// <summary>An attribute to write. Of a raw one the number is its form.</summary>
internal sealed record DwarfAttributeValue(int Attribute, DwarfValueKind Kind, long Number, string? Text, DwarfEntry? Target, byte[]? Bytes);
