using IpswDiff.Forge.AllKinds;

namespace IpswDiff.EndToEnd.AllKinds;

/// <summary>The pair with every kind of change, written once for the tests of a class.</summary>
public sealed class AllKindsFiles : IDisposable
{
    private readonly ScratchFolder _scratch = Cli.Scratch();

    public AllKindsFiles() => Pair.Write(_scratch.Root);

    public AllKindsPair Pair { get; } = new();

    /// <summary>The folder that holds the firmwares and the kits.</summary>
    internal string Root => _scratch.Root;

    /// <summary>Compares the firmwares and the kits; some members of theirs cannot be read, so that the run ends incomplete.</summary>
    internal ScratchFolder Diff(params string[] options)
    {
        var report = Cli.Scratch();
        Cli.Run(["diff", _scratch["old.ipsw"], _scratch["new.ipsw"], "-o", report.Root, "--functions", "--strings", "--kdk", _scratch["old.kdk"], _scratch["new.kdk"], .. options]).Expect(3);
        return report;
    }

    public void Dispose() => _scratch.Dispose();
}
