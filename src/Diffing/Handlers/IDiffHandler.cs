using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Handlers;

/// <summary>
/// What compares one kind of thing and owns one section of the report. Handlers are stateless and safe for concurrent use; they
/// never render, log or touch storage: what they find goes to the <see cref="ItemSink"/>.
/// </summary>
public interface IDiffHandler
{
    /// <summary>Its section: all that the rest of the program has to know of it beforehand.</summary>
    SectionDescriptor Section { get; }

    /// <summary>The handler's name: the section's in the report, and what <c>--handlers</c> takes.</summary>
    string Name => Section.Id;
}

/// <summary>A handler that looks at the files of volumes, pair by pair.</summary>
internal interface IFileHandler : IDiffHandler
{
    /// <summary>Whether it compares what a file system says of a file, so that a file named on its own has nothing for it.</summary>
    bool NeedsFileSystem => false;

    /// <summary>Compares one path of a volume. At least one side is there.</summary>
    /// <exception cref="FirmwareFormatException">A side is damaged; the pair is listed as unreadable and the run goes on.</exception>
    void Compare(FilePair pair, ItemSink sink, CancellationToken cancellationToken);
}

/// <summary>A handler that looks at the images of shared caches, pair by pair.</summary>
internal interface IImageHandler : IDiffHandler
{
    /// <summary>Compares one install path of a cache. At least one side is there.</summary>
    /// <exception cref="FirmwareFormatException">A side is damaged; the pair is listed as unreadable and the run goes on.</exception>
    void Compare(ImagePair pair, ItemSink sink, CancellationToken cancellationToken);
}

/// <summary>A handler that looks at kernelcaches, pair by pair and kext by kext.</summary>
internal interface IKernelcacheHandler : IDiffHandler
{
    /// <summary>Compares two kernelcaches as wholes. At least one side is there; where one is missing its kexts are not compared one by one.</summary>
    /// <exception cref="FirmwareFormatException">A side is damaged; the pair is listed as unreadable, and its kexts are compared all the same.</exception>
    void Compare(KernelcachePair pair, ItemSink sink, CancellationToken cancellationToken);

    /// <summary>Compares one kext, or the kernel. At least one side is there.</summary>
    /// <exception cref="FirmwareFormatException">A side is damaged; the pair is listed as unreadable and the run goes on.</exception>
    void Compare(KextPair pair, ItemSink sink, CancellationToken cancellationToken);
}

/// <summary>A handler that looks at the members of the firmware archive itself, pair by pair.</summary>
internal interface IMemberHandler : IDiffHandler
{
    /// <summary>Compares one member name. At least one side is there.</summary>
    /// <exception cref="FirmwareFormatException">A side is damaged; the pair is listed as unreadable and the run goes on.</exception>
    void Compare(MemberPair pair, ItemSink sink, CancellationToken cancellationToken);
}

/// <summary>
/// A handler that compares what lies outside both firmwares and is named on its own, as Kernel Debug Kits are: it has a reading of its
/// own, step by step, so that what one step found leaves memory before the next.
/// </summary>
internal interface IKitHandler : IDiffHandler
{
    /// <summary>What two kits have to compare.</summary>
    /// <param name="oldKit">Where the one compared from lies.</param>
    /// <param name="newKit">Where the one compared to lies.</param>
    /// <param name="workerBytes">What a worker may hold.</param>
    /// <exception cref="DiffFailedException">A kit has nothing to compare, or the two have nothing in common.</exception>
    KitReading Read(string oldKit, string newKit, long workerBytes);
}

/// <summary>The reading of two kits.</summary>
/// <param name="Items">How many things there are to compare.</param>
/// <param name="Bytes">Bytes of both sides.</param>
/// <param name="Steps">
/// The comparison, lazily: a step is made when the one before it has been carried out, and what steps share is let go of when the
/// enumeration ends.
/// </param>
internal sealed record KitReading(long Items, long Bytes, Func<CancellationToken, IEnumerable<KitStep>> Steps);

/// <summary>A step of the reading of two kits.</summary>
/// <param name="Volume">What its items name as the place they lie in, or null.</param>
/// <param name="Path">What an item is called that says it could not be read.</param>
/// <param name="Compare">
/// Compares. A <see cref="FirmwareFormatException"/> is listed as an item that could not be read, and the next step follows.
/// </param>
internal sealed record KitStep(string? Volume, string Path, Action<ItemSink> Compare);
