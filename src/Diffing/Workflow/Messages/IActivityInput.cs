namespace IpswDiff.Diffing.Workflow.Messages;

/// <summary>What an activity works on: the run, and what of it.</summary>
public interface IActivityInput
{
    /// <summary>The run.</summary>
    string RunId { get; }
}
