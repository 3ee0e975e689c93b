namespace IpswDiff.Forge.Partitions;

/// <summary>The bytes of a partition or of a whole unpartitioned disk. Its length is known before it is written.</summary>
public abstract class DiskContent
{
    /// <summary>Length in bytes, a multiple of 512.</summary>
    public abstract long Length { get; }

    /// <summary>The GPT partition type.</summary>
    public abstract Guid GptType { get; }

    /// <summary>The partition type as an Apple partition map and UDIF block tables name it.</summary>
    public abstract string AppleType { get; }

    /// <summary>Writes exactly <see cref="Length"/> bytes, the same each time.</summary>
    public abstract void WriteTo(ForgeSink sink);
}

/// <summary>A partition whose bytes come from elsewhere.</summary>
public sealed class RawContent(long length, Action<ForgeSink> write, Guid gptType, string appleType) : DiskContent
{
    public override long Length { get; } = length;

    public override Guid GptType { get; } = gptType;

    public override string AppleType { get; } = appleType;

    public override void WriteTo(ForgeSink sink) => write(sink);

    /// <summary>An HFS+ volume made by another writer.</summary>
    public static RawContent HfsPlus(long length, Action<ForgeSink> write, bool caseSensitive = false)
        => new(length, write, PartitionTypes.HfsPlus, caseSensitive ? "Apple_HFSX" : "Apple_HFS");
}

/// <summary>Partition types of GPT disks.</summary>
public static class PartitionTypes
{
    public static readonly Guid Apfs = new("7C3457EF-0000-11AA-AA11-00306543ECAC");

    public static readonly Guid HfsPlus = new("48465300-0000-11AA-AA11-00306543ECAC");
}
