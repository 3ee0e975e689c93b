using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace IpswDiff.Diffing.Storage;

/// <summary>
/// A build of an Apple system, <c>26A5378j</c>: the major number, the letters of the train, the number in the train and, for seeds, a
/// suffix. Builds are in order of major, train and number; seeds, whose numbers are higher than those of the releases they lead to
/// (26A5378j came before 26A340), come before the releases of their train. Text that is no build number comes before all builds.
/// </summary>
public sealed class BuildNumber : IComparable<BuildNumber>, IEquatable<BuildNumber>
{
    // Seeds count from 4000 (iOS 7 to 9) or 5000 in their train and bear a suffix. Rapid responses bear one too and count from 770000.
    private const int FirstSeed = 4000;
    private const int LastSeed = 9999;

    private BuildNumber(string text, int major, string train, int number, string suffix)
    {
        Text = text;
        Major = major;
        Train = train;
        Number = number;
        Suffix = suffix;
    }

    /// <summary>The text as it was given.</summary>
    public string Text { get; }

    /// <summary>The number of the system's generation, 26 in <c>26A5378j</c>; -1 where the text is no build number.</summary>
    public int Major { get; }

    /// <summary>The letters of the train.</summary>
    public string Train { get; }

    /// <summary>The number in the train.</summary>
    public int Number { get; }

    /// <summary>The suffix, empty for releases.</summary>
    public string Suffix { get; }

    /// <summary>Whether it is a seed, what is called a beta.</summary>
    public bool IsSeed => Suffix.Length > 0 && Number is >= FirstSeed and <= LastSeed;

    /// <summary>
    /// A text whose ordinal order is the order of builds, made of letters, digits and <c>_</c> only; equal for equal builds only.
    /// </summary>
    public string SortKey => Major < 0
        ? "0" + Convert.ToHexString(Encoding.UTF8.GetBytes(Text))
        : string.Create(CultureInfo.InvariantCulture, $"1{Major:D5}{Train.Length}{Train}{(IsSeed ? 0 : 1)}{Number:D9}{Suffix}");

    /// <summary>Reads any text; one that is no build number keeps its place before all builds, in ordinal order.</summary>
    public static BuildNumber Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var build) ? build : new BuildNumber(text, -1, string.Empty, 0, string.Empty);
    }

    /// <summary>Reads a build number; false where the text is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out BuildNumber? build)
    {
        ArgumentNullException.ThrowIfNull(text);
        build = null;
        var rest = text.AsSpan();
        var major = Take(ref rest, char.IsAsciiDigit);
        var train = Take(ref rest, char.IsAsciiLetterUpper);
        var number = Take(ref rest, char.IsAsciiDigit);
        var suffix = Take(ref rest, char.IsAsciiLetterLower);
        if (!rest.IsEmpty || major.Length is 0 or > 4 || train.Length is 0 or > 4 || number.Length is 0 or > 9 || suffix.Length > 4)
        {
            return false;
        }

        build = new BuildNumber(
            text, int.Parse(major, CultureInfo.InvariantCulture), train.ToString(), int.Parse(number, CultureInfo.InvariantCulture), suffix.ToString());
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(BuildNumber? other) => other is null ? 1 : string.CompareOrdinal(SortKey, other.SortKey);

    /// <inheritdoc/>
    public bool Equals(BuildNumber? other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BuildNumber other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(SortKey);

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>Whether both are the same build.</summary>
    public static bool operator ==(BuildNumber? left, BuildNumber? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they are different builds.</summary>
    public static bool operator !=(BuildNumber? left, BuildNumber? right) => !(left == right);

    /// <summary>Whether the left one is older.</summary>
    public static bool operator <(BuildNumber left, BuildNumber right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left one is older or the same.</summary>
    public static bool operator <=(BuildNumber left, BuildNumber right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one is newer.</summary>
    public static bool operator >(BuildNumber left, BuildNumber right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one is newer or the same.</summary>
    public static bool operator >=(BuildNumber left, BuildNumber right) => left.CompareTo(right) >= 0;

    private static ReadOnlySpan<char> Take(ref ReadOnlySpan<char> text, Func<char, bool> belongs)
    {
        var count = 0;
        while (count < text.Length && belongs(text[count]))
        {
            count++;
        }

        var taken = text[..count];
        text = text[count..];
        return taken;
    }
}
