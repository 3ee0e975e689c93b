namespace IpswDiff.Diffing.Shards;

/// <summary>
/// Places that hold the same thing for different boards: what was found alike in all of them is told once, under the name they share.
/// </summary>
/// <param name="Shared">The name they share; null where items without one need no place.</param>
/// <param name="Parts">The places, by the name under which items are found there, with their boards.</param>
public sealed record SplitPlace(string? Shared, IReadOnlyList<SplitPart> Parts);

/// <summary>One of several places that hold the same thing.</summary>
/// <param name="Label">Its name in reports.</param>
/// <param name="Boards">The boards it is for.</param>
public sealed record SplitPart(string Label, IReadOnlyList<string> Boards);
