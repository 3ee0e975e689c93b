namespace IpswDiff.Diffing;

/// <summary>The resident set of this process.</summary>
public static class ProcessMemory
{
    /// <summary>The largest resident set so far, in bytes.</summary>
    public static long PeakBytes()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return Math.Max(process.PeakWorkingSet64, process.WorkingSet64);
    }
}
