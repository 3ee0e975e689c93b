using System.Collections;

namespace IpswDiff.Formats.Plist;

/// <summary>Values in order. The sets of newer writers are read as arrays too.</summary>
public sealed class PlistArray : PlistValue, IReadOnlyList<PlistValue>
{
    private readonly PlistValue[] _values;

    internal PlistArray(PlistValue[] values) => _values = values;

    /// <summary>Makes an array of <paramref name="values"/>.</summary>
    public PlistArray(IEnumerable<PlistValue> values)
        : this(values.ToArray())
    {
    }

    /// <summary>An array without values.</summary>
    public static PlistArray Empty { get; } = new(Array.Empty<PlistValue>());

    /// <inheritdoc/>
    public override PlistKind Kind => PlistKind.Array;

    /// <summary>How many values.</summary>
    public int Count => _values.Length;

    /// <inheritdoc/>
    public PlistValue this[int index] => _values[index];

    /// <summary>Those values that are dictionaries.</summary>
    public IEnumerable<PlistDictionary> Dictionaries => _values.OfType<PlistDictionary>();

    /// <summary>The texts of those values that are strings.</summary>
    public IEnumerable<string> Strings => _values.OfType<PlistString>().Select(static text => text.Value);

    /// <inheritdoc/>
    public IEnumerator<PlistValue> GetEnumerator() => ((IEnumerable<PlistValue>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private protected override bool EqualsCore(PlistValue other) => _values.AsSpan().SequenceEqual(((PlistArray)other)._values);

    private protected override int GetHashCodeCore()
    {
        var hash = default(HashCode);
        foreach (var value in _values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }
}
