using CsCheck;
using IpswDiff.Forge;
using IpswDiff.Forge.Plist;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Tests.Plist;

public sealed class PlistMutationTests
{
    private static readonly PlistLimits Small = new() { MaxContentBytes = 1 << 20, MaxValues = 20_000 };

    [Theory]
    [InlineData("binary")]
    [InlineData("xml")]
    [InlineData("text")]
    public void Damaged_lists_are_read_or_refused_and_nothing_else(string form)
    {
        var original = form switch
        {
            "binary" => BinaryPlistWriter.Write(PlistSamples.Everything()),
            "xml" => XmlPlistWriter.Write(PlistSamples.Everything()),
            _ => "/* c */ \"a\" = \"b\\n\"; c = { d = (e, <0f>, { f; }); g = 'h'; }; // end"u8.ToArray(),
        };

        var refused = 0;
        foreach (var damaged in Mutator.Damage(original, 4_000, seed: 1).Concat(Mutator.Truncate(original, 500)))
        {
            refused += Survives(damaged) ? 0 : 1;
        }

        Assert.InRange(refused, 100, 5_000);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_nothing_else() =>
        Gen.Byte.Array[0, 200].Sample(
            static bytes =>
            {
                Survives(bytes);
                Survives([.. "bplist00"u8, .. bytes]);
                Survives([.. "<plist>"u8, .. bytes]);
            },
            iter: 2_000,
            threads: 1);

    [Fact]
    public void Integers_reals_and_strings_come_back_from_both_forms() =>
        Gen.Select(Gen.Long, Gen.Double, Gen.String.AlphaNumeric).Sample(
            static (integer, real, text) =>
            {
                var value = ForgePlist.Dict(("integer", integer), ("real", real), ("text", text));
                var binary = PropertyList.ParseDictionary(BinaryPlistWriter.Write(value));
                return binary.Integer("integer") == integer && binary.Real("real")!.Value.Equals(real) && binary.String("text") == text
                    && binary.Equals(PropertyList.Parse(XmlPlistWriter.Write(value)));
            },
            iter: 1_000,
            threads: 1);

    private static bool Survives(byte[] bytes)
    {
        try
        {
            // What was read must be fit to be walked too.
            return PropertyList.Parse(bytes, Small).ToString().Length > 0;
        }
        catch (FirmwareFormatException)
        {
            return false;
        }
    }
}
