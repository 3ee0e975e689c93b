using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace IpswDiff.Diffing.Reports.Contents;

/// <summary>
/// Rules of a schema as code. Types say what must be there; what a file leaves out, and what stands in its lists, they
/// do not enforce.
/// </summary>
internal static class Rules
{
    /// <summary>A value must be there.</summary>
    /// <exception cref="JsonException">It is not.</exception>
    public static void Required([NotNull] object? value, string name)
    {
        if (value is null)
        {
            throw new JsonException($"there is no {name}");
        }
    }

    /// <summary>A list must be there and have no null in it, and each of it must pass.</summary>
    /// <exception cref="JsonException">It is not so.</exception>
    public static void Each<T>([NotNull] IReadOnlyList<T>? list, string name, Action<T> check)
        where T : class
    {
        Required(list, name);
        for (var i = 0; i < list.Count; i++)
        {
            check(list[i] ?? throw new JsonException($"there is a null in {name}"));
        }
    }

    /// <summary>A list of texts must be there and have no null in it.</summary>
    /// <exception cref="JsonException">It is not so.</exception>
    public static void Texts([NotNull] IReadOnlyList<string>? list, string name) => Each(list, name, static _ => { });

    /// <summary>A number must lie within both ends.</summary>
    /// <exception cref="JsonException">It does not.</exception>
    public static void Range(double number, double least, double most, string name)
    {
        if (!(number >= least && number <= most))
        {
            throw new JsonException($"{name} is out of its range");
        }
    }
}
