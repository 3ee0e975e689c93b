using System.Reflection;
using System.Text.RegularExpressions;

namespace IpswDiff.Forge.Tests;

/// <summary>A witness of another version than those whose answers are known is none: programs in folders of a test's own stand for the machine's.</summary>
public sealed partial class WitnessProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("witnesses-").FullName;

    [Theory]
    [InlineData("LLVM (http://llvm.org/):\n  LLVM version 19.1.7")]
    [InlineData("llvm-cxxfilt\nDebian LLVM version 19.1.7\n  Optimized build.")]
    [InlineData("Homebrew clang version 19.1.0\nTarget: arm64-apple-darwin")]
    [InlineData("Debian LLD 19.1.7 (compatible with Darwin linkers)")]
    public void A_program_of_the_known_release_is_a_witness_whatever_its_name(string says)
    {
        var program = Place("llvm-cxxfilt", says);
        Assert.Equal(program, Llvm().Path);
        Assert.Null(Llvm().Absence);
    }

    [Theory]
    [InlineData("Debian LLVM version 14.0.6", "14.0.6")]
    [InlineData("LLVM version 20.1.0", "20.1.0")]
    [InlineData("LLVM version 190.1.0", "190.1.0")]
    [InlineData("Apple clang version 19.0.0 (clang-1900.0.1)", "one that does not tell its version")]
    [InlineData("GNU c++filt (GNU Binutils) 2.40", "one that does not tell its version")]
    [InlineData("", "one that does not tell its version")]
    public void A_program_of_another_release_is_none_and_the_reason_says_which_it_is(string says, string version)
    {
        Place("llvm-cxxfilt", says);
        var program = Llvm();
        Assert.Null(program.Path);
        Assert.Equal($"llvm-cxxfilt 19 is not installed, only {version} (llvm-19)", program.Absence);
        Assert.Throws<InvalidOperationException>(() => program.Run());
    }

    [Fact]
    public void A_name_does_not_make_a_version()
    {
        Place("llvm-cxxfilt-19", "LLVM version 18.1.8");
        Assert.Null(Llvm().Path);
    }

    [Fact]
    public void The_known_release_is_found_behind_another()
    {
        Place("llvm-cxxfilt", "LLVM version 14.0.6", "first");
        var known = Place("llvm-cxxfilt", "LLVM version 19.1.7", "second");
        Assert.Equal(known, Llvm().Path);
    }

    [Fact]
    public void Where_there_is_none_the_reason_says_so()
    {
        Assert.Equal("llvm-cxxfilt 19 is not installed (llvm-19)", Llvm().Absence);
        File.WriteAllText(Path.Combine(_folder, "llvm-cxxfilt"), "no program");
        Assert.Null(Llvm().Path);
    }

    [Fact]
    public void A_program_that_waits_for_input_gets_none()
    {
        Place("llvm-cxxfilt", "LLVM version 19.1.7", script: "while read -r line; do :; done");
        Assert.NotNull(Llvm().Path);
    }

    [Fact]
    public void Every_witness_of_this_machine_tells_a_version_that_is_known_or_is_none()
    {
        foreach (var witness in All())
        {
            Assert.True(witness.Path is null == witness.Absence is not null);
            Assert.True(witness.Path is null || File.Exists(witness.Path));
        }
    }

    [Fact]
    public void One_line_of_the_README_installs_every_witness_and_CI_installs_the_same()
    {
        var readme = AptLine().Match(File.ReadAllText(Path.Combine(SampleFiles.RepositoryRoot, "README.md"))).Groups[1].Value.Split(' ');
        var ci = CiLine().Match(File.ReadAllText(Path.Combine(SampleFiles.RepositoryRoot, ".ci", "run"))).Groups[1].Value.Split(' ');
        Assert.Equal(ci, readme);

        // These come from elsewhere.
        var packages = All().Except([Witnesses.Node, Witnesses.Npm, Witnesses.Lzfse]).Select(witness => witness.Package).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(packages, readme.Order(StringComparer.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IEnumerable<WitnessProgram> All() =>
        typeof(Witnesses).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(property => property.GetValue(null)).OfType<WitnessProgram>();

    private WitnessProgram Llvm() => new(
        Witnesses.LlvmRelease, "llvm-19", ["llvm-cxxfilt", "llvm-cxxfilt-19"], [_folder, Path.Combine(_folder, "first"), Path.Combine(_folder, "second")]);

    private string Place(string name, string says, string folder = "", string script = "")
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a program is written as a shell script");
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\nprintf '%s\\n' '{says}'\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    [GeneratedRegex(@"^sudo apt-get install --no-install-recommends (.*)$", RegexOptions.Multiline)]
    private static partial Regex AptLine();

    [GeneratedRegex("^witnesses=\"(.*)\"$", RegexOptions.Multiline)]
    private static partial Regex CiLine();
}
