using CsCheck;
using IpswDiff.Cli.Output;

namespace IpswDiff.EndToEnd.Output;

/// <summary>
/// Random older reports, newer ones and files, folders and links of others among them, with a fault or the end of the process before
/// any of the renamings: the folder holds the older report or the newer one, whole, and everything else as it was.
/// </summary>
public sealed class FolderSwapTests
{
    private enum Fault
    {
        None,
        Error,
        Kill,
        KillTwice,
    }

    private static readonly string[] Parts = ["a", "b", "c", "README.md"];

    // Few names, so that everything meets everything.
    private static readonly Gen<string> Name =
        Gen.Int[0, Parts.Length - 1].Array[1, 3].Select(parts => string.Join('/', parts.Select(part => Parts[part])));

    private static readonly Gen<(string Name, ForeignKind Kind)[]> Foreigners =
        Gen.Select(Name, Gen.Enum<ForeignKind>()).Array[0, 6];

    [Fact]
    public void The_older_report_or_the_newer_one_is_there_whole_and_nothing_else_is_touched() =>
        Gen.Select(Name.Array[0, 8], Name.Array[0, 8], Foreigners, Gen.Bool, Gen.Bool, Gen.Select(Gen.Enum<Fault>(), Gen.Int[0, 20]))
            .Sample((older, newer, foreigners, force, keepsOlder, fault) => Check(older, newer, foreigners, force, keepsOlder, fault), iter: 300, threads: 1);

    private static void Check(string[] older, string[] newer, (string, ForeignKind)[] foreigners, bool force, bool keepsOlder, (Fault Kind, int Move) fault)
    {
        using var place = new SwapPlace(older, newer, foreigners);
        var before = place.Snapshot();
        var expected = place.Expected(force, keepsOlder);
        var left = fault.Move;
        void Break()
        {
            if (fault.Kind != Fault.None && left-- == 0)
            {
                throw fault.Kind == Fault.Error ? new IOException("the disk is full") : new KilledException();
            }
        }

        try
        {
            FolderSwap.Run(place.Root, place.Staging, SwapPlan.Make(place.Root, FolderSwap.NewIn(place.Staging), place.Older, keepsOlder, force), Break);
        }
        catch (IOException refusal)
        {
            Assert.True(expected is null || fault.Kind == Fault.Error, refusal.Message);
            Assert.False(FolderSwap.IsPending(place.Staging) && expected is null);
            expected = before;
            Assert.Equal(before, place.Snapshot());
        }
        catch (KilledException)
        {
            if (fault.Kind == Fault.KillTwice)
            {
                left = fault.Move / 2;
                try
                {
                    FolderSwap.Recover(place.Root, place.Staging, Break);
                }
                catch (KilledException)
                {
                    Assert.True(FolderSwap.IsPending(place.Staging));
                }
            }

            FolderSwap.Recover(place.Root, place.Staging);
        }

        Assert.NotNull(expected);
        Assert.Equal(expected, place.Snapshot());
        Assert.Equal(SwapPlace.OutsideContent, File.ReadAllText(Path.Combine(place.Outside, "a")));
        Assert.Single(Directory.GetFileSystemEntries(place.Outside));
    }

    private sealed class KilledException : Exception;
}
