using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Dwarf;

namespace IpswDiff.Diffing.Handlers.Kdk;

/// <summary>
/// The types of the kernels of two Kernel Debug Kits: structures, unions, classes, enumerations and typedefs, matched by kind and name,
/// each shown as its definition in C with offsets and sizes.
/// </summary>
internal sealed class KdkHandler : IKitHandler
{
    private const int Portion = 256;
    private const long LeastCacheBytes = 4L << 20;

    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("Kdk")
    {
        Heading = "KDK",
        Folder = "KDK",
        Classes = ItemClasses.OfInterface,
    };

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public KitReading Read(string oldKit, string newKit, long workerBytes)
    {
        var kernels = KdkKernels.Match(oldKit, newKit);
        return new KitReading(
            kernels.Count,
            kernels.Sum(pair => (pair.Old?.Bytes ?? 0) + (pair.New?.Bytes ?? 0)),
            token => Steps(kernels, workerBytes, token));
    }

    // Kernel by kernel, and of each the types that differ in portions.
    private static IEnumerable<KitStep> Steps(IReadOnlyList<KdkKernelPair> kernels, long workerBytes, CancellationToken cancellationToken)
    {
        // Each side keeps units of its own; the rest of a worker's memory is for names and hashes.
        var cacheBytes = Math.Max(LeastCacheBytes, Math.Min(DwarfTypes.DefaultCacheBytes, workerBytes / 8));
        foreach (var pair in kernels)
        {
            KdkTypes? types = null;
            try
            {
                yield return new KitStep(null, pair.Name, sink =>
                {
                    AddKernel(pair, sink);
                    types = pair is { Old: { } old, New: { } @new } ? KdkTypes.Open(old, @new, cacheBytes, cancellationToken) : null;
                });
                var volume = kernels.Count > 1 ? pair.Name : null;
                foreach (var portion in types?.Changes().Chunk(Portion) ?? [])
                {
                    yield return new KitStep(volume, pair.Name, sink => Compare(types!, volume, portion, sink));
                }
            }
            finally
            {
                types?.Dispose();
            }
        }
    }

    private static void AddKernel(KdkKernelPair pair, ItemSink sink)
    {
        if (pair.Old is null || pair.New is null)
        {
            sink.Add(
                pair.Old is null ? ItemGroup.Added : ItemGroup.Removed,
                new ReportItem { Path = pair.Name, What = ["kernel"], Counts = Size("fileBytes", (pair.Old ?? pair.New)!.Bytes) });
        }
    }

    private static void Compare(KdkTypes types, string? kernel, KdkChange[] changes, ItemSink sink)
    {
        var old = Read(types.Old, changes, static change => change.Old, static change => change.New);
        var @new = Read(types.New, changes, static change => change.New, static change => change.Old);
        for (var i = 0; i < changes.Length; i++)
        {
            Add(kernel, changes[i], old[i], @new[i], sink);
        }
    }

    private static void Add(string? kernel, KdkChange change, Side old, Side @new, ItemSink sink)
    {
        var item = new ReportItem { Volume = kernel, Path = $"{change.Kind.ToKeyword()} {change.Name}" };
        if ((old.Fault ?? @new.Fault) is { } fault)
        {
            sink.Add(ItemGroup.Unreadable, item with { Reason = fault });
            return;
        }

        var details = new ItemDetails { Volume = kernel, Path = item.Path, Definition = new DefinitionChange(old.Text, @new.Text) };
        if (old.Text is null || @new.Text is null)
        {
            var size = (old.Text is null ? change.New : change.Old).Max(type => type.ByteSize);
            sink.Add(old.Text is null ? ItemGroup.Added : ItemGroup.Removed, item with { Counts = size is null ? null : Size("bytes", size.Value) }, details);
            return;
        }

        var (added, removed) = KdkDefinitions.CountLines(old.Text, @new.Text);
        sink.Add(
            ItemGroup.Changed,
            item with
            {
                What = KdkDefinitions.Aspects(change, added, removed),
                Counts = new Dictionary<string, long>(StringComparer.Ordinal) { ["added"] = added, ["removed"] = removed },
            },
            details);
    }

    // In the order of the file, so that each unit is read once. What both sides have comes first, so that a comparison of the texts
    // shows what one alone has.
    private static Side[] Read(
        DwarfTypes types, IReadOnlyList<KdkChange> changes, Func<KdkChange, IReadOnlyList<DwarfType>> mine, Func<KdkChange, IReadOnlyList<DwarfType>> theirs)
    {
        var texts = new Dictionary<DwarfType, string>();
        var faults = new Dictionary<DwarfType, string>();
        foreach (var type in changes.SelectMany(mine).OrderBy(static type => type.Place))
        {
            try
            {
                texts[type] = types.ReadDefinition(type).ToText();
            }
            catch (FirmwareFormatException fault)
            {
                faults[type] = fault.Message;
            }
        }

        return [.. changes.Select(change =>
        {
            var common = theirs(change).Select(static type => type.Hash).ToHashSet();
            var own = mine(change).OrderBy(type => !common.Contains(type.Hash)).ToArray();
            var fault = own.Select(type => faults.GetValueOrDefault(type)).FirstOrDefault(static reason => reason is not null);
            return new Side(own.Length == 0 || fault is not null ? null : string.Join("\n\n", own.Select(type => texts[type])), fault);
        })];
    }

    private static Dictionary<string, long> Size(string name, long bytes) => new(StringComparer.Ordinal) { [name] = bytes };

    private readonly record struct Side(string? Text, string? Fault);
}
