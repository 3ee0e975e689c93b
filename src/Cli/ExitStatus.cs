namespace IpswDiff.Cli;

/// <summary>What the process returns; scripts depend on these.</summary>
internal static class ExitStatus
{
    public const int Done = 0;
    public const int Different = 1;
    public const int WrongUsage = 2;
    public const int Incomplete = 3;
    public const int Failed = 4;
    public const int Cancelled = 130;
}
