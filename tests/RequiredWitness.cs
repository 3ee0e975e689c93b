namespace IpswDiff.Forge;

/// <summary>Witnesses of a test, compiled into every project of tests.</summary>
internal static class RequiredWitness
{
    /// <summary>The program's path; the test is skipped, saying why, where there is none of a version whose answers are known.</summary>
    public static string Required(this WitnessProgram program)
    {
        Assert.SkipWhen(program.Absence is not null, program.Absence ?? string.Empty);
        return program.Path!;
    }
}
