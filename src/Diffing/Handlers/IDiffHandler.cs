using IpswDiff.Diffing.Passes;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Handlers;

/// <summary>
/// What compares one kind of thing and owns one section of the report. Handlers are stateless and safe for concurrent use; they
/// never render, log or touch storage: what they find goes to the <see cref="ItemSink"/>.
/// </summary>
public interface IDiffHandler
{
    /// <summary>The handler's name: the section's in the report, and what <c>--handlers</c> takes.</summary>
    string Name { get; }

    /// <summary>Whether items that only one side has may be the same thing under two paths, to be matched by identity when merging.</summary>
    bool RecognisesMoves => false;

    /// <summary>What it looks for, to say so where there is none of it; null for a handler that does not count what it has seen.</summary>
    string? Subject => null;
}

/// <summary>A handler that looks at the files of volumes, pair by pair.</summary>
public interface IFileHandler : IDiffHandler
{
    /// <summary>Whether it compares what a file system says of a file, so that a file named on its own has nothing for it.</summary>
    bool NeedsFileSystem => false;

    /// <summary>Compares one path of a volume. At least one side is there.</summary>
    /// <exception cref="FirmwareFormatException">A side is damaged; the pair is listed as unreadable and the run goes on.</exception>
    void Compare(FilePair pair, ItemSink sink, CancellationToken cancellationToken);
}

/// <summary>A handler that looks at the images of shared caches, pair by pair.</summary>
public interface IImageHandler : IDiffHandler
{
    /// <summary>Compares one install path of a cache. At least one side is there.</summary>
    /// <exception cref="FirmwareFormatException">A side is damaged; the pair is listed as unreadable and the run goes on.</exception>
    void Compare(ImagePair pair, ItemSink sink, CancellationToken cancellationToken);
}

/// <summary>A handler that looks at kernelcaches, pair by pair and kext by kext.</summary>
public interface IKernelcacheHandler : IDiffHandler
{
    /// <summary>Compares two kernelcaches as wholes. At least one side is there; where one is missing its kexts are not compared one by one.</summary>
    /// <exception cref="FirmwareFormatException">A side is damaged; the pair is listed as unreadable, and its kexts are compared all the same.</exception>
    void Compare(KernelcachePair pair, ItemSink sink, CancellationToken cancellationToken);

    /// <summary>Compares one kext, or the kernel. At least one side is there.</summary>
    /// <exception cref="FirmwareFormatException">A side is damaged; the pair is listed as unreadable and the run goes on.</exception>
    void Compare(KextPair pair, ItemSink sink, CancellationToken cancellationToken);
}

/// <summary>A handler that looks at the members of the firmware archive itself, pair by pair.</summary>
public interface IMemberHandler : IDiffHandler
{
    /// <summary>Compares one member name. At least one side is there.</summary>
    /// <exception cref="FirmwareFormatException">A side is damaged; the pair is listed as unreadable and the run goes on.</exception>
    void Compare(MemberPair pair, ItemSink sink, CancellationToken cancellationToken);
}
