using IpswDiff.Forge;
using IpswDiff.Forge.Img4;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img4;

namespace IpswDiff.Formats.Tests.Img4;

public sealed class Img4FileTests
{
    [Fact]
    public void Reads_a_whole_image()
    {
        byte[] payload = [1, 2, 3];
        var file = Open(new Im4pWriter("ibot", "iBoot-1").WriteImg4(payload, [9, 9]));

        Assert.Equal(Img4Kind.Img4, file.Kind);
        Assert.Equal(payload, file.Payload!.OpenPayload().ReadBytes(0, 3));
        Assert.Equal(0x8130, file.Manifest!.Properties.Integer("CHIP"));
        Assert.Equal(48, file.Manifest.Objects.Dictionary("ibot")!.Data("DGST")!.Value.Length);
        Assert.Equal(64, file.Manifest.Signature.Length);
        Assert.Equal([9, 9], file.RestoreInfo!.Properties.Data("BNCN")!.Value.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("3003020101")]
    [InlineData("30061604494D3458")]
    [InlineData("308F1604494D3450")]
    [InlineData("cffaedfe")]
    public void Refuses_what_is_no_image4_file(string hex) =>
        Assert.Throws<FirmwareFormatException>(() => Open(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("30081604494D34501601", "leaves the data")]
    [InlineData("30061604494D3450", "its type")]
    [InlineData("300C1604494D345016046B726E6C", "its version")]
    [InlineData("300D1604494D345016046B726E6C", "leaves the data")]
    [InlineData("300F1604494D345016046B726E6C160131", "its payload")]
    [InlineData("30121604494D345016046B726E6C160131020105", "no OCTET STRING")]
    public void Says_where_a_payload_breaks_off(string hex, string reason)
    {
        var fault = Assert.Throws<FirmwareFormatException>(() => Open(Convert.FromHexString(hex)));

        Assert.Contains(reason, fault.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("IM4P", Img4Kind.Im4p)]
    [InlineData("IM4M", Img4Kind.Im4m)]
    [InlineData("IM4R", Img4Kind.Im4r)]
    [InlineData("IMG4", Img4Kind.Img4)]
    public void Recognises_files_of_apples_tools(string name, Img4Kind kind)
    {
        using var source = Sample(name);

        Assert.Equal(kind, Img4File.Open(source).Kind);
    }

    [Fact]
    public void The_payload_of_a_real_file_is_what_was_put_into_it()
    {
        using var file = Sample("IM4P");
        using var whole = Sample("IMG4");
        using var truth = Sample("test_payload");

        var im4p = Im4p.Open(file);
        Assert.Equal(("test", "Test Image4 payload."), (im4p.Tag, im4p.Version));
        Assert.Equal(truth.ReadBytes(0, (int)truth.Length), im4p.OpenPayload().ReadBytes(0, (int)im4p.OpenPayload().Length));
        var inside = Img4File.Open(whole);
        Assert.Equal(truth.ReadBytes(0, (int)truth.Length), inside.Payload!.OpenPayload().ReadBytes(0, (int)truth.Length));
        Assert.NotNull(inside.Manifest);
    }

    [Fact]
    public void Reads_the_properties_of_a_real_manifest()
    {
        using var source = Sample("IM4M");
        var manifest = Im4m.Open(source);

        Assert.Equal(0, manifest.Version);
        Assert.Equal(0x1234_5678_9012, manifest.Properties.Integer("ECID"));
        Assert.Equal(0x8015, manifest.Properties.Integer("CHIP"));
        Assert.Equal(14, manifest.Properties.Integer("BORD"));
        Assert.True(manifest.Properties.Boolean("CPRO"));
        var acfw = manifest.Objects.Dictionary("acfw")!;
        Assert.Equal(48, acfw.Data("DGST")!.Value.Length);
        Assert.False(acfw.Boolean("EKEY"));
        Assert.False(manifest.Signature.IsEmpty);
    }

    [Fact]
    public void Reads_the_nonce_of_real_restore_information()
    {
        using var source = Sample("IM4R");

        Assert.Equal("7CD2C2E8AEBB565F", Convert.ToHexString(Im4r.Open(source).Properties.Data("BNCN")!.Value.Span));
    }

    private static Img4File Open(byte[] bytes) => Img4File.Open(new MemoryByteSource(bytes));

    private static FileByteSource Sample(string name)
    {
        var path = SampleFiles.Find("img4/" + name);
        if (path is null)
        {
            Assert.Skip($"the optional sample img4/{name} is absent");
        }

        return new FileByteSource(path);
    }
}
