namespace IpswDiff.Diffing.Storage;

/// <summary>A firmware that the catalogue knows.</summary>
public sealed record FirmwareRecord
{
    /// <summary>Its name in the catalogue, from the digests of its manifest, so that the same firmware has the same name; a part of a valid artifact name.</summary>
    public required string Id { get; init; }

    /// <summary>The file or blob it was registered from.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the system, 26.0.</summary>
    public string? Version { get; init; }

    /// <summary>The build, 26A5378j.</summary>
    public required string Build { get; init; }

    /// <summary>The products it is for, iPhone18,1.</summary>
    public required IReadOnlyList<string> Products { get; init; }

    /// <summary>Bytes of the file.</summary>
    public long Size { get; init; }

    /// <summary>When it was registered.</summary>
    public DateTimeOffset RegisteredAt { get; init; }

    /// <summary>The scope of artifacts under which it lies unpacked; null while it is not.</summary>
    public string? Unpacked { get; init; }
}

/// <summary>What an activity of a run left: recorded once, so that the activity is not run again when the run resumes.</summary>
public sealed record ActivityRecord
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The activity's name within the run, at most 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Its result, as JSON of at most 16,384 characters: references and figures, never data.</summary>
    public required string Result { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Seconds it took.</summary>
    public double Seconds { get; init; }

    /// <summary>The most memory its process held meanwhile, bytes of resident set.</summary>
    public long PeakWorkingSetBytes { get; init; }

    /// <summary>The longest result.</summary>
    public const int LongestResult = 16_384;

    /// <summary>The longest name.</summary>
    public const int LongestName = 200;

    /// <summary>Fails unless the record is one that a catalogue takes.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public void Check()
    {
        RunRecord.CheckId(RunId);
        if (Name.Length is 0 or > LongestName || Result.Length > LongestResult)
        {
            throw new ArgumentException(
                $"activity '{Name}': a name has up to {LongestName} and a result up to {LongestResult} characters; what is longer belongs into an artifact");
        }
    }
}
