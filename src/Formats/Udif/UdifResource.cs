namespace IpswDiff.Formats.Udif;

/// <summary>One resource of the image's resource fork; <see cref="Offset"/> is where the fork begins in the file, for messages.</summary>
internal sealed record UdifResource(string Type, int Id, string Name, ReadOnlyMemory<byte> Data, long Offset);
