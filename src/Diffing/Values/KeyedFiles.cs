using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Diffing.Values;

/// <summary>What the handlers of property lists share: one pair of files, compared by key.</summary>
/// <param name="exhaustive">Compare even what is proven identical.</param>
internal sealed class KeyedFiles(bool exhaustive)
{
    // Many times the largest that systems ship; a worker holds two.
    private static readonly PlistLimits Limits = new() { MaxInputBytes = 32 << 20, MaxContentBytes = 64L << 20, MaxValues = 1 << 20 };

    /// <summary>Reads a whole file as a property list; an empty file says nothing.</summary>
    /// <exception cref="FirmwareFormatException">It is none, damaged or too large.</exception>
    public static PlistValue? Read(FileSide side) => side.Entry.Size == 0 ? null : PropertyList.Parse(side.Content, Limits);

    /// <summary>Compares two sides, which the caller knows to be of its kind.</summary>
    /// <param name="pair">The pair; what is no regular file counts as missing.</param>
    /// <param name="sink">Where to.</param>
    /// <param name="read">Reads what a side says; null where it says nothing that is compared.</param>
    /// <exception cref="FirmwareFormatException">A side is damaged; names the side where both are there.</exception>
    public void Compare(FilePair pair, ItemSink sink, Func<FileSide, PlistValue?> read) => Compare(
        pair,
        sink,
        static side => side.Entry.Kind == FileKind.File,
        (before, after) => PlistComparison.Compare(Read(before, "old", after is not null, read), Read(after, "new", before is not null, read)));

    /// <summary>Compares two sides in the caller's way.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="sink">Where to.</param>
    /// <param name="isOfKind">Whether a side is of the caller's kind; another counts as missing.</param>
    /// <param name="compare">The keys whose values differ; null where there is nothing to tell.</param>
    /// <exception cref="FirmwareFormatException">A side is damaged.</exception>
    public void Compare(FilePair pair, ItemSink sink, Func<FileSide, bool> isOfKind, Func<FileSide?, FileSide?, IReadOnlyList<ValueChange>?> compare)
    {
        var before = pair.Old is { } old && isOfKind(old) ? old : null;
        var after = pair.New is { } @new && isOfKind(@new) ? @new : null;
        if (before is null && after is null)
        {
            return;
        }

        sink.Examine();
        if (!exhaustive && pair.ProofOfEqualContents() is { } proof)
        {
            sink.SkipIdentical(proof);
            return;
        }

        try
        {
            if (compare(before, after) is { } changes)
            {
                Add(pair, sink, before is null, after is null, changes);
            }
        }
        catch (FirmwareFormatException) when (pair.ProofOfEqualContents() is not null)
        {
            // Whatever it is, it did not change.
        }
    }

    private static void Add(FilePair pair, ItemSink sink, bool isAdded, bool isRemoved, IReadOnlyList<ValueChange> changes)
    {
        if (isAdded || isRemoved)
        {
            ValueItems.Add(sink, pair, isAdded ? ItemGroup.Added : ItemGroup.Removed, changes, ValueItems.IdentityOf(changes));
        }
        else if (changes.Count > 0)
        {
            ValueItems.Add(sink, pair, ItemGroup.Changed, changes);
        }
    }

    private static PlistValue? Read(FileSide? side, string name, bool areBoth, Func<FileSide, PlistValue?> read)
    {
        try
        {
            return side is null ? null : read(side);
        }
        catch (FirmwareFormatException fault) when (areBoth)
        {
            throw fault.In(name + " side");
        }
    }
}
