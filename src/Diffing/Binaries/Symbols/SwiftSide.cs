using System.IO.Hashing;
using System.Runtime.InteropServices;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.Swift;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>The Swift metadata of one image as hashes: of types and protocols by name, and of conformances.</summary>
internal sealed class SwiftSide
{
    private readonly SwiftMetadata _metadata;
    private readonly Dictionary<(bool IsProtocol, string Name), UInt128> _entities = [];
    private readonly Dictionary<UInt128, int> _conformances = [];

    private SwiftSide(SwiftMetadata metadata) => _metadata = metadata;

    /// <summary>Reads an image.</summary>
    /// <exception cref="Formats.Bytes.FirmwareFormatException">Its metadata is damaged.</exception>
    public static SwiftSide Open(MachOImage image)
    {
        var side = new SwiftSide(SwiftMetadata.Open(image));
        foreach (var entity in side.Read())
        {
            // A sum, so that the order of those of one name does not count.
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(side._entities, KeyOf(entity), out _);
            sum = unchecked(sum + entity.Hash());
        }

        foreach (var conformance in side.ReadConformances())
        {
            CollectionsMarshal.GetValueRefOrAddDefault(side._conformances, HashOf(conformance), out _)++;
        }

        return side;
    }

    /// <summary>By what types and protocols of two sides are the same ones.</summary>
    public static (bool IsProtocol, string Name) KeyOf(SwiftEntityFacts entity) =>
        (entity.Kind == SwiftEntityFacts.Protocol, entity.Name);

    /// <summary>The names that one side alone has, or of which something differs.</summary>
    public HashSet<(bool IsProtocol, string Name)> DifferingNames(SwiftSide other) =>
        [.. _entities.Keys.Union(other._entities.Keys)
        .Where(key => !_entities.TryGetValue(key, out var x) || !other._entities.TryGetValue(key, out var y)
            || x != y)];

    /// <summary>
    /// The conformances that are not as often on one side as on the other, with how often both have them.
    /// </summary>
    public Dictionary<UInt128, int> DifferingConformances(SwiftSide other) =>
        _conformances.Keys.Union(other._conformances.Keys)
        .Select(hash => (Hash: hash, Here: _conformances.GetValueOrDefault(hash),
            There: other._conformances.GetValueOrDefault(hash)))
        .Where(one => one.Here != one.There)
        .ToDictionary(one => one.Hash, one => Math.Min(one.Here, one.There));

    /// <summary>The types and protocols of some names.</summary>
    public List<SwiftEntityFacts> Pick(HashSet<(bool IsProtocol, string Name)> names) =>
        names.Count == 0 ? [] : [.. Read().Where(entity => names.Contains(KeyOf(entity)))];

    /// <summary>The conformances of <paramref name="wanted"/> that this side has beyond those that both have.</summary>
    public List<SwiftConformanceUse> PickConformances(IReadOnlyDictionary<UInt128, int> wanted)
    {
        var (found, seen) = (new List<SwiftConformanceUse>(), new Dictionary<UInt128, int>());
        foreach (var conformance in wanted.Count == 0 ? [] : ReadConformances())
        {
            if (wanted.TryGetValue(HashOf(conformance), out var common)
                && ++CollectionsMarshal.GetValueRefOrAddDefault(seen, HashOf(conformance), out _) > common)
            {
                found.Add(conformance);
            }
        }

        return found;
    }

    private static UInt128 HashOf(SwiftConformanceUse conformance)
    {
        var hash = XxHash128.HashToUInt128(Bytes(conformance.Type));
        hash = XxHash128.HashToUInt128(Bytes(conformance.Protocol), (long)(ulong)hash);
        return conformance.Where is { } where ? XxHash128.HashToUInt128(Bytes(where), (long)(ulong)hash) : hash;

        static ReadOnlySpan<byte> Bytes(string text) => MemoryMarshal.AsBytes(text.AsSpan());
    }

    private IEnumerable<SwiftEntityFacts> Read() =>
        _metadata.ReadTypes().Select(SwiftEntityFacts.Of).Concat(_metadata.ReadProtocols().Select(SwiftEntityFacts.Of));

    private IEnumerable<SwiftConformanceUse> ReadConformances() => _metadata.ReadConformances()
        .Select(static conformance => new SwiftConformanceUse(
        SwiftPlainNames.Of(conformance.Type),
        SwiftPlainNames.Of(conformance.Protocol),
        conformance.Where is { } where ? SwiftPlainNames.Of(where) : null));
}
