namespace IpswDiff.Formats.Plist;

/// <summary>
/// One value of a property list, whichever form it was written in. Values are immutable and compare by what they hold: dictionaries
/// without regard to key order, everything else exactly.
/// </summary>
public abstract class PlistValue : IEquatable<PlistValue>
{
    private protected PlistValue()
    {
    }

    /// <summary>What this is.</summary>
    public abstract PlistKind Kind { get; }

    /// <summary>The same value as JSON; see <see cref="PlistJson"/>.</summary>
    public override string ToString() => PlistJson.ToText(this);

    /// <summary>Whether <paramref name="other"/> is of the same kind and holds the same.</summary>
    public bool Equals(PlistValue? other) =>
        ReferenceEquals(this, other) || (other is not null && other.Kind == Kind && EqualsCore(other));

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => obj is PlistValue other && Equals(other);

    /// <inheritdoc/>
    public sealed override int GetHashCode() => HashCode.Combine(Kind, GetHashCodeCore());

    /// <summary>Compares with a value that is known to be of the same kind.</summary>
    private protected abstract bool EqualsCore(PlistValue other);

    private protected abstract int GetHashCodeCore();
}
