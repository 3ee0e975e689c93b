namespace IpswDiff.Formats.Ar;

/// <summary>A file in an <c>ar</c> archive.</summary>
/// <param name="Name">Its name as it is stored; several members may have one name.</param>
/// <param name="Offset">Where its contents begin in the archive.</param>
/// <param name="Size">Bytes of its contents.</param>
/// <param name="Mode">Permission bits; 0 where the archive keeps none.</param>
public sealed record ArMember(string Name, long Offset, long Size, int Mode);
