using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace IpswDiff.Formats.Plist;

/// <summary>
/// Keys with values, in the order of the file; a key that stands twice keeps its first place. Which of its values counts is what Core
/// Foundation does: the last one in the text forms, the first one in the binary form. The kernel's own parser (OSUnserialize) refuses
/// such a dictionary, so the system itself may read what is here otherwise. The typed members
/// answer null both for a missing key and for a value of another kind, so that a caller states once what it can use.
/// </summary>
public sealed class PlistDictionary : PlistValue, IReadOnlyDictionary<string, PlistValue>
{
    private readonly OrderedDictionary<string, PlistValue> _values;

    internal PlistDictionary(OrderedDictionary<string, PlistValue> values) => _values = values;

    /// <summary>Makes a dictionary of <paramref name="values"/>, in their order.</summary>
    public PlistDictionary(IEnumerable<KeyValuePair<string, PlistValue>> values)
    {
        _values = new OrderedDictionary<string, PlistValue>(StringComparer.Ordinal);
        foreach (var (key, value) in values)
        {
            _values[key] = value;
        }
    }

    /// <summary>A dictionary without keys.</summary>
    public static PlistDictionary Empty { get; } = new([]);

    /// <inheritdoc/>
    public override PlistKind Kind => PlistKind.Dictionary;

    /// <summary>How many keys.</summary>
    public int Count => _values.Count;

    /// <summary>The keys, in order.</summary>
    public IEnumerable<string> Keys => _values.Keys;

    /// <summary>The values, in the order of their keys.</summary>
    public IEnumerable<PlistValue> Values => _values.Values;

    /// <summary>The value of a key that is there.</summary>
    /// <exception cref="KeyNotFoundException">It is not.</exception>
    public PlistValue this[string key] => _values[key];

    /// <summary>The value of <paramref name="key"/>, of whatever kind.</summary>
    public PlistValue? Find(string key) => _values.GetValueOrDefault(key);

    /// <summary>The text of <paramref name="key"/>.</summary>
    public string? String(string key) => (Find(key) as PlistString)?.Value;

    /// <summary>The whole number of <paramref name="key"/>, when it fits 64 bits.</summary>
    public long? Integer(string key) =>
        Find(key) is PlistInteger { Value: var value } && value >= long.MinValue && value <= long.MaxValue ? (long)value : null;

    /// <summary>The number of <paramref name="key"/>, real or whole.</summary>
    public double? Real(string key) => Find(key) switch
    {
        PlistReal real => real.Value,
        PlistInteger integer => (double)integer.Value,
        _ => null,
    };

    /// <summary>The truth of <paramref name="key"/>.</summary>
    public bool? Boolean(string key) => (Find(key) as PlistBoolean)?.Value;

    /// <summary>The bytes of <paramref name="key"/>.</summary>
    public ReadOnlyMemory<byte>? Data(string key) => (Find(key) as PlistData)?.Value;

    /// <summary>The date of <paramref name="key"/>.</summary>
    public PlistDate? Date(string key) => Find(key) as PlistDate;

    /// <summary>The dictionary of <paramref name="key"/>.</summary>
    public PlistDictionary? Dictionary(string key) => Find(key) as PlistDictionary;

    /// <summary>The array of <paramref name="key"/>.</summary>
    public PlistArray? Array(string key) => Find(key) as PlistArray;

    /// <summary>The strings in the array of <paramref name="key"/>; none where there is no such array.</summary>
    public IEnumerable<string> Strings(string key) => Array(key)?.Strings ?? [];

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out PlistValue value) => _values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, PlistValue>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private protected override bool EqualsCore(PlistValue other)
    {
        var others = ((PlistDictionary)other)._values;
        if (others.Count != _values.Count)
        {
            return false;
        }

        foreach (var (key, value) in _values)
        {
            if (!others.TryGetValue(key, out var counterpart) || !value.Equals(counterpart))
            {
                return false;
            }
        }

        return true;
    }

    private protected override int GetHashCodeCore()
    {
        // A sum, because order does not matter.
        var hash = _values.Count;
        foreach (var (key, value) in _values)
        {
            hash = unchecked(hash + HashCode.Combine(key, value));
        }

        return hash;
    }
}
