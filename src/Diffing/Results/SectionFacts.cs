namespace IpswDiff.Diffing.Results;

/// <summary>One thing that a section says of both firmwares as wholes.</summary>
/// <param name="Name">What it is, for example <c>WebKit</c>.</param>
/// <param name="Container">The container it was found in, or null.</param>
/// <param name="Old">What the old side says; null where it says nothing.</param>
/// <param name="New">What the new side says; null where it says nothing.</param>
public sealed record SectionFact(string Name, string? Container, string? Old, string? New);

/// <summary>A file that holds many binaries, in numbers.</summary>
/// <param name="Name">Its name, on the new side where its architecture was succeeded.</param>
/// <param name="OldItems">Binaries in the old one; 0 where there is none.</param>
/// <param name="NewItems">Binaries in the new one; 0 where there is none.</param>
/// <param name="SameIdentity">Binaries that bear one identity in both.</param>
/// <param name="MovedOnly">Of those, how many only lie at another address.</param>
/// <param name="Notes">What could not be had and what that costs, and whose architecture was succeeded, one sentence each.</param>
public sealed record ContainerInfo(
    string Name, long OldItems, long NewItems, long SameIdentity, long MovedOnly, IReadOnlyList<string> Notes);
