using IpswDiff.Diffing.Passes;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Dwarf;

namespace IpswDiff.Diffing.Handlers.Kdk;

/// <summary>
/// The types of the kernels of two Kernel Debug Kits: structures, unions, classes, enumerations and typedefs, matched by kind and name,
/// each shown as its definition in C with offsets and sizes.
/// </summary>
public sealed class KdkHandler : IDiffHandler
{
    /// <summary>The handler's name.</summary>
    public const string HandlerName = "Kdk";

    /// <inheritdoc/>
    public string Name => HandlerName;

    /// <summary>Adds a kernel that one kit alone has.</summary>
    public static void CompareKernels(KdkKernelPair pair, ItemSink sink)
    {
        if (pair.Old is null || pair.New is null)
        {
            sink.Add(
                pair.Old is null ? ItemGroup.Added : ItemGroup.Removed,
                new ReportItem { Path = pair.Name, What = ["kernel"], Counts = Size("fileBytes", (pair.Old ?? pair.New)!.Bytes) });
        }
    }

    /// <summary>Adds some of the types that differ.</summary>
    /// <param name="types">The types of both sides.</param>
    /// <param name="kernel">The kernel they are of; null where there is one alone.</param>
    /// <param name="changes">What to add, in the order of the report.</param>
    /// <param name="sink">Where to.</param>
    public static void Compare(KdkTypes types, string? kernel, IReadOnlyList<KdkChange> changes, ItemSink sink)
    {
        var old = Read(types.Old, changes, static change => change.Old, static change => change.New);
        var @new = Read(types.New, changes, static change => change.New, static change => change.Old);
        for (var i = 0; i < changes.Count; i++)
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
