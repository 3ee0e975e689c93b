using System.Text.Json;
using IpswDiff.Forge.Ar;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.MachO;

namespace IpswDiff.EndToEnd;

/// <summary>Static libraries on the command line.</summary>
public class StaticLibraryTests
{
    [Fact]
    public void Inspect_lists_every_member_of_every_archive_and_names_one_that_is_damaged()
    {
        using var scratch = Cli.Scratch();
        var damaged = Object(MachOArch.Arm64, "x")[..40];
        File.WriteAllBytes(scratch["fat.a"], FatBuilder.Build(
            [(MachOArch.Arm64, new ArWriter().Add("a.o", Object(MachOArch.Arm64, "a")).Add("b.o", damaged).Write()), (MachOArch.X8664, Library(MachOArch.X8664, "a"))]));
        var library = JsonDocument.Parse(Cli.Run("inspect", scratch["fat.a"], "--json").Expect(3).OutputBytes).RootElement;
        Assert.Equal("archive", library.GetProperty("type").GetString());
        var slices = library.GetProperty("slices").EnumerateArray().ToArray();
        Assert.Equal(["arm64", "x86_64"], slices.Select(slice => slice.GetProperty("arch").GetString()));
        var members = slices[0].GetProperty("members").EnumerateArray().ToArray();
        Assert.Equal(["a.o", "b.o"], members.Select(member => member.GetProperty("name").GetString()));
        Assert.Equal(("arm64", "OBJECT"), (members[0].GetProperty("arch").GetString(), members[0].GetProperty("fileType").GetString()?.ToUpperInvariant()));
        Assert.Contains("Mach-O", members[1].GetProperty("fault").GetString(), StringComparison.Ordinal);
        Assert.Contains("name=a.o", Cli.Run("inspect", scratch["fat.a"]).Expect(3).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_and_writes_members_as_files()
    {
        using var scratch = Cli.Scratch();
        var member = Object(MachOArch.Arm64, "a");
        File.WriteAllBytes(scratch["thin.a"], new ArWriter().Add("a.o", member).Add("a.o", "text"u8.ToArray()).Write());
        Assert.Contains("/a.o (2)", Cli.Run("ls", scratch["thin.a"]).Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(member, Cli.Run("cat", scratch["thin.a"], "/a.o").Expect(0).OutputBytes);
        File.WriteAllBytes(scratch["fat.a"], FatBuilder.Build([(MachOArch.Arm64, Library(MachOArch.Arm64, "a")), (MachOArch.X8664, Library(MachOArch.X8664, "a"))]));
        Assert.Contains("x86_64:/a.o", Cli.Run("ls", scratch["fat.a"]).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Diffs_two_libraries_member_by_member()
    {
        using var scratch = Cli.Scratch();
        File.WriteAllBytes(scratch["old.a"], FatBuilder.Build([(MachOArch.Arm64, Library(MachOArch.Arm64, "same", "old")), (MachOArch.X8664, Library(MachOArch.X8664, "same"))]));
        File.WriteAllBytes(scratch["new.a"], FatBuilder.Build([(MachOArch.Arm64, Library(MachOArch.Arm64, "same", "new")), (MachOArch.X8664, Library(MachOArch.X8664, "same"))]));
        Cli.Run("diff", scratch["old.a"], scratch["new.a"], "-o", scratch["report"]).Expect(0);
        using var report = JsonDocument.Parse(File.ReadAllBytes(scratch["report/report.json"]));
        var machO = report.RootElement.GetProperty("sections").EnumerateArray().Single(section => section.GetProperty("handler").GetString() == "MachO");
        Assert.Equal("complete", machO.GetProperty("state").GetString());
        Assert.Equal(["arm64 /new.o"], Items(machO, "added"));
        Assert.Equal(["arm64 /old.o"], Items(machO, "removed"));
        Assert.Empty(Items(machO, "changed"));
        Assert.Equal(4, Cli.Run("diff", scratch["old.a"], scratch["report/report.json"]).ExitCode);
    }

    private static string[] Items(JsonElement section, string group) =>
        [.. section.GetProperty(group).EnumerateArray().Select(item => $"{item.GetProperty("volume").GetString()} {item.GetProperty("path").GetString()}")];

    private static byte[] Library(MachOArch arch, params string[] members)
    {
        var library = new ArWriter();
        foreach (var name in members)
        {
            library.Add(name + ".o", Object(arch, name));
        }

        return library.Write();
    }

    private static byte[] Object(MachOArch arch, string symbol)
    {
        var builder = new MachOBuilder(arch, MachOFileType.Object);
        builder.AddExternal("_" + symbol, builder.AddCode([.. System.Text.Encoding.ASCII.GetBytes(symbol.PadRight(64))]), 0);
        return builder.Build();
    }
}
