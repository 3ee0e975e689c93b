using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>
/// A set of byte strings as 64-bit hashes with a tag each, in pooled arrays: what a binary's symbols or strings are compared as.
/// Text is fetched afterwards, by ordinal, for what differs alone. For one thread.
/// </summary>
internal sealed class HashedSet : IDisposable
{
    private ulong[] _hashes;
    private uint[] _tags;
    private int _count;
    private bool _sealed;

    public HashedSet(int expected)
    {
        _hashes = BoundedArrayPool<ulong>.Shared.Rent(Math.Max(16, expected));
        _tags = BoundedArrayPool<uint>.Shared.Rent(Math.Max(16, expected));
    }

    /// <summary>Different members; exact only after <see cref="Seal"/>.</summary>
    public int Count => _count;

    /// <summary>The hashes in ascending order.</summary>
    public ReadOnlySpan<ulong> Hashes => _hashes.AsSpan(0, _count);

    /// <summary>The tag of each hash.</summary>
    public ReadOnlySpan<uint> Tags => _tags.AsSpan(0, _count);

    /// <summary>Adds a member. Of equal members the one with the smallest tag stays.</summary>
    public void Add(ulong hash, uint tag)
    {
        if (_sealed)
        {
            throw new InvalidOperationException("the set is sealed");
        }

        if (_count == Math.Min(_hashes.Length, _tags.Length))
        {
            BoundedArrayPool<ulong>.Shared.Grow(ref _hashes);
            BoundedArrayPool<uint>.Shared.Grow(ref _tags);
        }

        _hashes[_count] = hash;
        _tags[_count++] = tag;
    }

    /// <summary>Sorts the members and drops repeated ones.</summary>
    public void Seal()
    {
        if (_sealed)
        {
            return;
        }

        _sealed = true;
        _hashes.AsSpan(0, _count).Sort(_tags.AsSpan(0, _count));
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            if (kept > 0 && _hashes[kept - 1] == _hashes[i])
            {
                _tags[kept - 1] = Math.Min(_tags[kept - 1], _tags[i]);
            }
            else
            {
                _hashes[kept] = _hashes[i];
                _tags[kept++] = _tags[i];
            }
        }

        _count = kept;
    }

    /// <summary>Walks two sealed sets side by side.</summary>
    /// <param name="old">The old set.</param>
    /// <param name="new">The new set.</param>
    /// <param name="onlyOld">Told the tag of each member of the old set alone.</param>
    /// <param name="onlyNew">Told the tag of each member of the new set alone.</param>
    /// <param name="both">Told both tags of each member of both sets.</param>
    public static void Compare(HashedSet old, HashedSet @new, Action<uint> onlyOld, Action<uint> onlyNew, Action<uint, uint>? both = null)
    {
        var (i, j) = (0, 0);
        var left = old.Hashes;
        var right = @new.Hashes;
        while (i < left.Length || j < right.Length)
        {
            if (j == right.Length || (i < left.Length && left[i] < right[j]))
            {
                onlyOld(old._tags[i++]);
            }
            else if (i == left.Length || left[i] > right[j])
            {
                onlyNew(@new._tags[j++]);
            }
            else
            {
                both?.Invoke(old._tags[i], @new._tags[j]);
                i++;
                j++;
            }
        }
    }

    public void Dispose()
    {
        BoundedArrayPool<ulong>.Shared.Return(_hashes);
        BoundedArrayPool<uint>.Shared.Return(_tags);
        (_hashes, _tags, _count) = ([], [], 0);
    }
}
