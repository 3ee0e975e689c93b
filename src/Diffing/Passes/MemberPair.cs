using IpswDiff.Diffing.Inputs;

namespace IpswDiff.Diffing.Passes;

/// <summary>One member name in both archives; at least one side is there.</summary>
/// <param name="Name">The member's name.</param>
/// <param name="Old">The old side, or null.</param>
/// <param name="New">The new side, or null.</param>
public sealed record MemberPair(string Name, InputMember? Old, InputMember? New);
