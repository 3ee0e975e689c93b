using IpswDiff.Forge.Kernelcache;
using IpswDiff.Formats.Kernelcache;

namespace IpswDiff.Formats.Tests.Kernelcache;

public sealed class KernelVersionTests
{
    [Theory]
    [MemberData(nameof(KernelcacheFileTests.Forms), MemberType = typeof(KernelcacheFileTests))]
    public void Is_read_from_the_banner(KernelcacheForm form)
    {
        var builder = KernelcacheBuilder.Example(form);
        var version = KernelcacheFileTests.Open(builder.Build()).ReadVersion()!;
        Assert.Equal(builder.Banner, version.Banner);
        Assert.Equal("25.5.0", version.Darwin);
        Assert.Equal("12345.6.7~1", version.Xnu);
        Assert.Equal("RELEASE_ARM64_T8103", version.Configuration);
        Assert.Equal(new DateTimeOffset(2026, 5, 1, 21, 0, 1, TimeSpan.FromHours(-7)), version.Date);
        Assert.Equal(builder.Compiler, version.Compiler);
    }

    [Fact]
    public void Is_null_without_a_banner()
    {
        var builder = KernelcacheBuilder.Example(KernelcacheForm.Fileset);
        builder.Banner = null;
        builder.Compiler = null;
        Assert.Null(KernelcacheFileTests.Open(builder.Build()).ReadVersion());
    }

    [Fact]
    public void Is_null_in_a_fileset_without_a_kernel()
    {
        // The auxiliary collections of Macs hold kexts only.
        var bytes = KernelcacheBuilder.Example(KernelcacheForm.Fileset).Build();
        var at = bytes.AsSpan().IndexOf("com.apple.kernel"u8);
        bytes[at + "com.apple.".Length] = (byte)'j';
        Assert.Null(KernelcacheFileTests.Open(bytes).ReadVersion());
    }

    [Theory]
    [InlineData("Darwin Kernel Version 17.2.0: Fri Sep 29 18:14:50 PDT 2017; root:xnu-4570.20.62~4/RELEASE_ARM64_S5L8960X", "17.2.0", "4570.20.62~4", "2017-09-29T18:14:50-07:00")]
    [InlineData("Darwin Kernel Version 22.4.0: Mon Mar  6 20:59:58 PST 2023; root:xnu-8796.101.5~3/RELEASE_ARM64_T6020", "22.4.0", "8796.101.5~3", "2023-03-06T20:59:58-08:00")]
    [InlineData("Darwin Kernel Version 24.0.0: Wed Jan 01 00:00:00 UTC 2025; root:xnu_development-11215.1.10/DEVELOPMENT_X86_64", "24.0.0", "11215.1.10", "2025-01-01T00:00:00+00:00")]
    [InlineData("Darwin Kernel Version 9.9.9: yesterday; root:xnu-1.2/DEBUG", "9.9.9", "1.2", null)]
    public void Parses_banners_of_all_ages(string banner, string darwin, string xnu, string? date)
    {
        Assert.True(KernelVersion.TryParse(banner, out var version));
        Assert.Equal(darwin, version.Darwin);
        Assert.Equal(xnu, version.Xnu);
        Assert.Equal(date, version.Date?.ToString("yyyy-MM-ddTHH:mm:sszzz", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Darwin Kernel Version %s")]
    [InlineData("Darwin Kernel Version 1.0: x; root:xnu")]
    [InlineData("Darwin Kernel Version 1.0: x; root:xnu/RELEASE")]
    [InlineData("Darwin Kernel Version ; root:xnu-1/: ")]
    public void Refuses_what_is_no_banner(string text) => Assert.False(KernelVersion.TryParse(text, out _));
}
