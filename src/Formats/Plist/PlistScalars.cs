namespace IpswDiff.Formats.Plist;

/// <summary>Text. Binary property lists may hold lone surrogates; they are kept.</summary>
public sealed class PlistString(string value) : PlistValue
{
    /// <summary>The text.</summary>
    public string Value { get; } = value;

    /// <inheritdoc/>
    public override PlistKind Kind => PlistKind.String;

    private protected override bool EqualsCore(PlistValue other) => string.Equals(Value, ((PlistString)other).Value, StringComparison.Ordinal);

    private protected override int GetHashCodeCore() => Value.GetHashCode(StringComparison.Ordinal);
}

/// <summary>A whole number, signed, of up to 128 bits; unsigned 64-bit values fit without loss.</summary>
public sealed class PlistInteger(Int128 value) : PlistValue
{
    /// <summary>The number.</summary>
    public Int128 Value { get; } = value;

    /// <inheritdoc/>
    public override PlistKind Kind => PlistKind.Integer;

    private protected override bool EqualsCore(PlistValue other) => Value == ((PlistInteger)other).Value;

    private protected override int GetHashCodeCore() => Value.GetHashCode();
}

/// <summary>A floating-point number; not a number and the infinities are values too, and equal themselves.</summary>
public sealed class PlistReal(double value) : PlistValue
{
    /// <summary>The number.</summary>
    public double Value { get; } = value;

    /// <inheritdoc/>
    public override PlistKind Kind => PlistKind.Real;

    private protected override bool EqualsCore(PlistValue other) => Value.Equals(((PlistReal)other).Value);

    private protected override int GetHashCodeCore() => Value.GetHashCode();
}

/// <summary>True or false.</summary>
public sealed class PlistBoolean : PlistValue
{
    private PlistBoolean(bool value) => Value = value;

    /// <summary>The value true.</summary>
    public static PlistBoolean True { get; } = new(true);

    /// <summary>The value false.</summary>
    public static PlistBoolean False { get; } = new(false);

    /// <summary>The truth.</summary>
    public bool Value { get; }

    /// <inheritdoc/>
    public override PlistKind Kind => PlistKind.Boolean;

    private protected override bool EqualsCore(PlistValue other) => Value == ((PlistBoolean)other).Value;

    private protected override int GetHashCodeCore() => Value.GetHashCode();
}

/// <summary>Bytes.</summary>
public sealed class PlistData(ReadOnlyMemory<byte> value) : PlistValue
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Value { get; } = value;

    /// <inheritdoc/>
    public override PlistKind Kind => PlistKind.Data;

    private protected override bool EqualsCore(PlistValue other) => Value.Span.SequenceEqual(((PlistData)other).Value.Span);

    private protected override int GetHashCodeCore()
    {
        var hash = default(HashCode);
        hash.AddBytes(Value.Span);
        return hash.ToHashCode();
    }
}

/// <summary>A reference to an object of a keyed archive (<c>CF$UID</c>).</summary>
public sealed class PlistUid(ulong value) : PlistValue
{
    /// <summary>The number of the object.</summary>
    public ulong Value { get; } = value;

    /// <inheritdoc/>
    public override PlistKind Kind => PlistKind.Uid;

    private protected override bool EqualsCore(PlistValue other) => Value == ((PlistUid)other).Value;

    private protected override int GetHashCodeCore() => Value.GetHashCode();
}
