using System.Text.Encodings.Web;
using System.Text.Json;

namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>What a report says, one line a fact, in no order: two reports that say the same have the same lines.</summary>
internal sealed class FactList
{
    private static readonly JsonSerializerOptions Layout = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<string> _lines = [];

    /// <summary>The facts in an order of their own.</summary>
    public IReadOnlyList<string> Sorted => [.. _lines.Order(StringComparer.Ordinal)];

    public void Add(params IEnumerable<string?> parts) => _lines.Add(JsonSerializer.Serialize(parts.ToArray(), Layout));

    /// <summary>Facts that all begin with the same parts.</summary>
    public Scope Of(params string?[] prefix) => new(this, prefix);

    public sealed class Scope(FactList facts, string?[] prefix)
    {
        public void Add(params string?[] parts) => facts.Add([.. prefix, .. parts]);

        public Scope Of(params string?[] parts) => new(facts, [.. prefix, .. parts]);
    }
}
