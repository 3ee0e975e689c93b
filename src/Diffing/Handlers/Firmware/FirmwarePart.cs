using System.Globalization;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Exclave;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Ftab;
using IpswDiff.Formats.Zip;

namespace IpswDiff.Diffing.Handlers.Firmware;

/// <summary>A piece of firmware that is compared on its own: a whole member, or one file of a container.</summary>
/// <param name="Name">Its path in the report.</param>
/// <param name="Tag">The tag of the IM4P it is the whole payload of, or null.</param>
/// <param name="Identity">What proves it the same as another one with an equal identity, or null.</param>
/// <param name="Open">
/// Opens it; whoever opens disposes. Throws <see cref="FirmwareFormatException"/> where it is damaged or encrypted.
/// </param>
internal sealed record FirmwarePart(string Name, string? Tag, string? Identity, Func<OwnedByteSource> Open);

/// <summary>Takes a member apart: ftab, Exclave bundle and ZIP into their files; everything else is one part.</summary>
internal sealed class FirmwareParts : IDisposable
{
    private const int LeastDecodedBytes = 32 << 20;

    private readonly OwnedByteSource? _payload;

    private FirmwareParts(OwnedByteSource? payload, IReadOnlyList<FirmwarePart> parts)
    {
        _payload = payload;
        All = [.. parts.OrderBy(part => part.Name, PathOrder.Instance)];
    }

    /// <summary>The parts in the order of the report, no two of one name.</summary>
    public IReadOnlyList<FirmwarePart> All { get; }

    /// <summary>
    /// Opens a member. Of the payload, up to <paramref name="memoryLimit"/> bytes are kept in memory.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The member is damaged or encrypted.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public static FirmwareParts Open(MemberSide side, string name, long memoryLimit)
    {
        var image = side.Payload();
        return Disposal.OrDispose(image?.UnpackPayload(memoryLimit), payload =>
        {
            var source = payload?.Source ?? side.Content;
            return new FirmwareParts(
                payload,
                Containers(source, name, memoryLimit) ?? [new FirmwarePart(name, image?.Tag, null, () => new OwnedByteSource(source))]);
        });
    }

    /// <summary>Lets go of the payload; no part can be opened from then on.</summary>
    public void Dispose() => _payload?.Dispose();

    private static List<FirmwarePart>? Containers(ByteSource source, string name, long memoryLimit)
    {
        Span<byte> head = stackalloc byte[FtabFile.HeadLength];
        ReadOnlySpan<byte> read = head[..source.ReadUpTo(0, head)];
        if (FtabFile.Matches(read))
        {
            return OfTable(FtabFile.Open(source), name, (int)Math.Clamp(memoryLimit, LeastDecodedBytes, FtabEntry.DefaultMaxBytes));
        }

        if (ExclaveBundle.Matches(read) && ExclaveBundle.Open(source) is { Components.Count: > 0 } bundle)
        {
            return OfBundle(bundle, name);
        }

        return ZipArchiveReader.Matches(read) ? OfArchive(ZipArchiveReader.Open(source), name) : null;
    }

    private static List<FirmwarePart> OfTable(FtabFile table, string name, int maxDecodedBytes)
    {
        // The names under which published reports list the files of the GPU's tables.
        var prefix = name.Contains("armfw_", StringComparison.Ordinal) ? "agx_" : string.Empty;
        var names = new UniqueNames(name);
        var parts = table.Entries.Select(entry => new FirmwarePart(
            names.Take(prefix + entry.Tag), null, null, () => new OwnedByteSource(entry.OpenContent(maxDecodedBytes)))).ToList();
        if (table.Ticket is { } ticket)
        {
            parts.Add(new FirmwarePart(names.Take("ticket"), null, null, () => new OwnedByteSource(ticket)));
        }

        return parts;
    }

    private static List<FirmwarePart> OfBundle(ExclaveBundle bundle, string name)
    {
        var names = new UniqueNames(name);
        var parts = new List<FirmwarePart>();
        foreach (var component in bundle.Components)
        {
            parts.Add(new FirmwarePart(names.Take("exclave_" + component.Name), null, null, () => new OwnedByteSource(component.OpenFile())));
            if (component.Extra is { } extra)
            {
                parts.Add(new FirmwarePart(
                    names.Take($"exclave_{component.Name}.{component.ExtraName}"), null, null, () => new OwnedByteSource(bundle.Source.Slice(extra.Offset, extra.Size))));
            }
        }

        return parts;
    }

    private static List<FirmwarePart> OfArchive(ZipArchiveReader archive, string name)
    {
        var names = new UniqueNames(name);
        return
        [
            .. archive.Members.Where(member => !member.IsDirectory).DistinctBy(member => member.Name, StringComparer.Ordinal).Select(member => new FirmwarePart(
                names.Take(member.Name),
                null,
                string.Create(CultureInfo.InvariantCulture, $"{member.Size}:{member.Crc32:x8}"),
                () => archive.OpenMember(member))),
        ];
    }

    /// <summary>Names below a member; the second of two alike gets a number.</summary>
    private sealed class UniqueNames(string parent)
    {
        private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

        public string Take(string name)
        {
            var unique = $"{parent}/{name}";
            for (var number = 2; !_taken.Add(unique); number++)
            {
                unique = string.Create(CultureInfo.InvariantCulture, $"{parent}/{name}-{number}");
            }

            return unique;
        }
    }
}
