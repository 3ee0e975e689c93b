using IpswDiff.Diffing.Signal;

namespace IpswDiff.Diffing.Handlers;

/// <summary>
/// What there is to know of a handler's section without comparing anything: what it is called, where its pages go, how it is laid out and
/// how its items weigh. Each handler owns one, and reports, merging and the command line ask it instead of knowing handlers by name.
/// </summary>
/// <param name="Id">The handler's name: the section's in <c>report.json</c>, and what <c>--handlers</c> takes.</param>
public sealed record SectionDescriptor(string Id)
{
    /// <summary>The section's heading, as the field calls it.</summary>
    public string Heading { get; init; } = Id;

    /// <summary>The folder of its pages.</summary>
    public string Folder { get; init; } = Id.ToUpperInvariant();

    /// <summary>The heading above lists of items that lie in one place only; null for none.</summary>
    public string? ListHeading { get; init; }

    /// <summary>How items are classified that details of slices say nothing of.</summary>
    public ItemClasses Classes { get; init; } = ItemClasses.OfData;

    /// <summary>Whether short changes by key stand below their item in the list, beside the page that has them all.</summary>
    public bool ShowsValuesInline { get; init; }

    /// <summary>Whether changed, new and gone items stand on two pages of their own, by binary and by key, instead of in lists.</summary>
    public bool ListsByKey { get; init; }

    /// <summary>The facts that are columns of one table at the head of the section, by name; none where each fact has a table of its own.</summary>
    public IReadOnlyList<string> FactColumns { get; init; } = [];

    /// <summary>The fact that the head of the whole report tells, or null.</summary>
    public PairFact? PairFact { get; init; }

    /// <summary>Whether items that only one side has may be the same thing under two paths, to be matched by identity when merging.</summary>
    public bool RecognisesMoves { get; init; }

    /// <summary>Whether it tells things by cdhash that the binaries of volumes own, to be named when merging.</summary>
    public bool NamesCdHashes { get; init; }

    /// <summary>What it looks for, to say so where there is none of it; null for a handler that does not count what it has seen.</summary>
    public string? Subject { get; init; }
}

/// <summary>A fact of a section that stands in the head of the report.</summary>
/// <param name="Title">What it is called there.</param>
/// <param name="Fact">The fact's name in the section.</param>
public sealed record PairFact(string Title, string Fact);
