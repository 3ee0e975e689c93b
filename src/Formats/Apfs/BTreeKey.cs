namespace IpswDiff.Formats.Apfs;

/// <summary>
/// A key of any of the trees, as two numbers that compare as the keys do. Names are left out: records that differ only in a name
/// (extended attributes, directory records with one hash) are neighbours and told apart by their readers.
/// </summary>
internal readonly record struct BTreeKey(ulong Primary, ulong Secondary) : IComparable<BTreeKey>
{
    public int CompareTo(BTreeKey other) =>
        Primary != other.Primary ? Primary.CompareTo(other.Primary) : Secondary.CompareTo(other.Secondary);

    public static bool operator <(BTreeKey left, BTreeKey right) => left.CompareTo(right) < 0;

    public static bool operator >(BTreeKey left, BTreeKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(BTreeKey left, BTreeKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(BTreeKey left, BTreeKey right) => left.CompareTo(right) >= 0;

    /// <summary>The least key of a file-system record of that object and type.</summary>
    internal static BTreeKey Record(ulong id, ApfsRecordType type, ulong secondary = 0) =>
        new((id << ApfsConstants.ObjectIdShift) | (byte)type, secondary);

    /// <summary>Of a file-system key: the object.</summary>
    internal ulong Id => Primary >> ApfsConstants.ObjectIdShift;

    /// <summary>Of a file-system key: the record's type.</summary>
    internal ApfsRecordType Type => (ApfsRecordType)(Primary & 0xF);
}

/// <summary>How the keys of a tree are laid out.</summary>
internal enum BTreeKeyKind
{
    /// <summary>Two 64-bit numbers: object maps (object, transaction) and extent trees of sealed volumes (stream, logical address).</summary>
    TwoNumbers,

    /// <summary>File-system records whose directory records hold a name only; also snapshot metadata.</summary>
    Records,

    /// <summary>File-system records whose directory records hold a hash of the name.</summary>
    HashedRecords,
}
