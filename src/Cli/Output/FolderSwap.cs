using System.Text.Json;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Cli.Output;

/// <summary>
/// Puts what lies ready in a folder of its own into place, over what an older run wrote, by renaming alone. What is to be done is
/// written down first: a swap that fails is undone, and one whose process was killed is finished by whoever comes next.
/// </summary>
/// <remarks>
/// The staging folder lies in the output folder, so that both are in one file system: <c>new</c> holds what comes, <c>old</c> what was
/// moved out of its way, <c>journal.json</c> the steps while they are taken. A step is a file or, where nothing else is in it, a whole
/// folder, so there are few of them. Old files are moved and not overwritten, so that every step can be undone.
/// </remarks>
internal sealed class FolderSwap
{
    private const string NewFolder = "new";
    private const string OldFolder = "old";
    private const string JournalName = "journal.json";
    private const string FinishedName = "finished.json";

    private readonly string _root;
    private readonly string _staging;
    private readonly IReadOnlyList<SwapStep> _steps;
    private readonly IReadOnlySet<string> _owned;
    private readonly Action? _beforeMove;

    private FolderSwap(string root, string staging, IReadOnlyList<SwapStep> steps, IReadOnlySet<string> owned, Action? beforeMove)
    {
        _root = root;
        _staging = staging;
        _steps = steps;
        _owned = owned;
        _beforeMove = beforeMove;
    }

    /// <summary>Where what is to come lies in a staging folder.</summary>
    public static string NewIn(string staging) => Path.Combine(staging, NewFolder);

    /// <summary>Whether a swap was begun from a staging folder and not brought to its end.</summary>
    public static bool IsPending(string staging) => File.Exists(Path.Combine(staging, JournalName)) || File.Exists(Path.Combine(staging, FinishedName));

    /// <summary>Puts what lies ready into place.</summary>
    /// <param name="root">The output folder.</param>
    /// <param name="staging">The staging folder in it.</param>
    /// <param name="plan">What is to be done.</param>
    /// <param name="beforeMove">Called before each renaming; for tests.</param>
    /// <exception cref="IOException">The folder is as it was; or, where it says so, it is not and the next run finishes it.</exception>
    public static void Run(string root, string staging, SwapPlan plan, Action? beforeMove = null)
    {
        var swap = new FolderSwap(root, staging, plan.Steps, plan.Owned, beforeMove);
        swap.WriteJournal();
        var done = 0;
        try
        {
            for (; done < plan.Steps.Count; done++)
            {
                swap.Take(plan.Steps[done]);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            swap.Undo(done, fault);
            throw new IOException($"{root}: the report could not be put into place, what was there stays as it was: {fault.Message}", fault);
        }

        swap.Finish();
    }

    /// <summary>Brings a swap to its end that a process began which was killed. Does nothing where none was begun.</summary>
    /// <param name="root">The output folder.</param>
    /// <param name="staging">The staging folder in it.</param>
    /// <param name="beforeMove">Called before each renaming; for tests.</param>
    /// <exception cref="IOException">It cannot be finished: something stands in the way.</exception>
    public static void Recover(string root, string staging, Action? beforeMove = null)
    {
        var isFinished = File.Exists(Path.Combine(staging, FinishedName));
        if (!isFinished && !File.Exists(Path.Combine(staging, JournalName)))
        {
            return;
        }

        var swap = ReadJournal(root, staging, isFinished ? FinishedName : JournalName, beforeMove);
        if (isFinished)
        {
            swap.RemoveOld();
            return;
        }

        foreach (var step in swap._steps)
        {
            swap.Take(step);
        }

        swap.Finish();
    }

    // Each step can be taken again: what tells whether it was taken is where the entries are.
    private void Take(SwapStep step)
    {
        var (place, aside) = (At(step), Aside(step));
        if (!FolderEntry.IsReachedByFolders(_root, step.Name))
        {
            throw new IOException($"{place} is reached through a link that somebody has just put there");
        }

        if (step.Puts && FolderEntry.KindOf(Ready(step)) == EntryKind.None)
        {
            return;
        }

        if (step.Replaces && FolderEntry.KindOf(aside) == EntryKind.None && FolderEntry.KindOf(place) != EntryKind.None)
        {
            Move(place, aside);
        }

        if (step.Puts)
        {
            Move(Ready(step), place);
        }
    }

    private void Undo(int last, Exception fault)
    {
        try
        {
            for (var i = Math.Min(last, _steps.Count - 1); i >= 0; i--)
            {
                var step = _steps[i];
                if (step.Puts && FolderEntry.KindOf(Ready(step)) == EntryKind.None)
                {
                    FolderEntry.Move(At(step), Ready(step));
                }

                if (FolderEntry.KindOf(Aside(step)) != EntryKind.None)
                {
                    FolderEntry.Move(Aside(step), At(step));
                }
            }

            File.Delete(Path.Combine(_staging, JournalName));
        }
        catch (Exception second) when (second is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"{_root}: the report could not be put into place ({fault.Message}) nor the older one put back ({second.Message}); mend this and give the command again, which finishes it first",
                second);
        }
    }

    private void Finish()
    {
        File.Move(Path.Combine(_staging, JournalName), Path.Combine(_staging, FinishedName));
        RemoveOld();
    }

    // Somebody may have put a file of his own into a folder of ours at the moment in which it was moved aside.
    private void RemoveOld()
    {
        var old = Path.Combine(_staging, OldFolder);
        if (!Directory.Exists(old))
        {
            return;
        }

        foreach (var name in FolderEntry.FilesBelow(old).ToList())
        {
            var path = FolderEntry.At(old, name);
            if (!_owned.Contains(name))
            {
                FolderEntry.Move(path, FolderEntry.At(_root, name));
            }
            else if (FolderEntry.KindOf(path) == EntryKind.Link && Directory.Exists(path) && OperatingSystem.IsWindows())
            {
                Directory.Delete(path);
            }
            else
            {
                File.Delete(path);
            }
        }
    }

    private void WriteJournal()
    {
        var partial = Path.Combine(_staging, JournalName + ".partial");
        using (var stream = new FileStream(partial, FileMode.Create))
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("steps");
            foreach (var step in _steps)
            {
                writer.WriteStartObject();
                writer.WriteString("name", step.Name);
                writer.WriteBoolean("puts", step.Puts);
                writer.WriteBoolean("replaces", step.Replaces);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("owned");
            foreach (var name in _owned)
            {
                writer.WriteStringValue(name);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        File.Move(partial, Path.Combine(_staging, JournalName));
    }

    private static FolderSwap ReadJournal(string root, string staging, string name, Action? beforeMove)
    {
        var path = Path.Combine(staging, name);
        try
        {
            using var journal = JsonDocument.Parse(File.ReadAllBytes(path));
            var steps = journal.RootElement.GetProperty("steps").EnumerateArray()
                .Select(static step => new SwapStep(Checked(step.GetProperty("name")), step.GetProperty("puts").GetBoolean(), step.GetProperty("replaces").GetBoolean()));
            return new FolderSwap(root, staging, [.. steps], journal.RootElement.GetProperty("owned").EnumerateArray().Select(Checked).ToHashSet(StringComparer.Ordinal), beforeMove);
        }
        catch (Exception damaged) when (damaged is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new IOException($"{path} is damaged; a report was to be put into place by it. Move {staging} away and write the report again", damaged);
        }
    }

    private static string Checked(JsonElement element)
    {
        var name = element.GetString() ?? string.Empty;
        ArtifactNames.Check(name);
        return name;
    }

    private void Move(string from, string to)
    {
        _beforeMove?.Invoke();
        FolderEntry.Move(from, to);
    }

    private string At(SwapStep step) => FolderEntry.At(_root, step.Name);

    private string Ready(SwapStep step) => FolderEntry.At(NewIn(_staging), step.Name);

    private string Aside(SwapStep step) => FolderEntry.At(Path.Combine(_staging, OldFolder), step.Name);
}
