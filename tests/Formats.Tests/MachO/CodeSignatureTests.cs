using System.Buffers.Binary;
using System.Security.Cryptography;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.CodeSigning;
using IpswDiff.Formats.Plist;
using IpswDiff.Forge;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;

namespace IpswDiff.Formats.Tests.MachO;

public sealed class CodeSignatureTests
{
    [Fact]
    public void Reads_what_was_signed()
    {
        var builder = ExampleImage.Create(MachOArch.Arm64e, MachOFileType.Execute);
        var signature = MachOImageTests.Open(builder.Build()).ReadCodeSignature()!;
        Assert.Equal("com.example.tool", signature.Identifier);
        Assert.Equal("TEAM123456", signature.TeamId);
        Assert.True(signature.Preferred!.IsAdHoc);
        Assert.Equal(0x20400u, signature.Preferred.Version);
        Assert.Equal(4096, 1 << signature.Preferred.PageSizeBits);
        Assert.Equal(builder.Signer!.EntitlementsXml, signature.ReadEntitlementsXml());
        Assert.Equal(DerWriter.Write(ExampleImage.Entitlements), signature.ReadEntitlementsDer());
        Assert.Equal(12, signature.ReadRequirements()!.Length);
    }

    [Fact]
    public void Entitlements_in_der_hold_what_the_xml_holds()
    {
        var signature = MachOImageTests.Open(ExampleImage.Create(MachOArch.Arm64e, MachOFileType.Execute).Build()).ReadCodeSignature()!;
        var values = signature.ReadEntitlements()!;
        Assert.Equal(values, DerEntitlements.Decode(signature.ReadEntitlementsDer()));
        Assert.Equal(70000, values.Integer("com.apple.private.limit"));
        Assert.Equal(-129, values.Integer("com.apple.private.offset"));
        Assert.False(values.Boolean("get-task-allow"));
        Assert.Equal(["/var/db/", "/private/etc/\u00e9"], values.Strings("com.apple.security.exception.paths"));
    }

    [Fact]
    public void Entitlements_that_codesign_wrote_are_the_same_in_xml_and_der()
    {
        var path = SampleFiles.Find("macho/ios-DYLD_CHAINED_PTR_64");
        if (path is null)
        {
            Assert.Skip("the optional sample macho/ios-DYLD_CHAINED_PTR_64 is absent");
        }

        // The file was signed anew without entitlements; past the end of the new signature its first one can still be read.
        var bytes = File.ReadAllBytes(path);
        var xml = PropertyList.ParseDictionary(Payload(bytes, [0xFA, 0xDE, 0x71, 0x71]));
        var der = DerEntitlements.Decode(Payload(bytes, [0xFA, 0xDE, 0x71, 0x72]));
        Assert.Equal(xml, der);
        Assert.Equal("9G2DPZJL3Q.re.rizin.Chained-iOS", der.String("application-identifier"));
        Assert.True(der.Boolean("get-task-allow"));
        Assert.Null(MachOImageTests.Open(bytes).ReadCodeSignature()!.ReadEntitlements());
    }

    [Fact]
    public void Uses_the_der_where_there_is_no_xml()
    {
        var builder = ExampleImage.Create(MachOArch.Arm64, MachOFileType.Execute);
        var bytes = builder.Build();
        var expected = MachOImageTests.Open(bytes).ReadCodeSignature()!.ReadEntitlements();
        Rename(bytes, CodeSlot.Entitlements, CodeSlot.Application);
        var signature = MachOImageTests.Open(bytes).ReadCodeSignature()!;
        Assert.Null(signature.ReadEntitlementsXml());
        Assert.Equal(expected, signature.ReadEntitlements());
    }

    [Fact]
    public void Prefers_the_directory_with_the_strongest_hash()
    {
        var builder = ExampleImage.Create(MachOArch.Arm64, MachOFileType.Execute);
        builder.Signer!.HashTypes = [CodeHashType.Sha1, CodeHashType.Sha384, CodeHashType.Sha256, CodeHashType.Sha256Truncated];
        var bytes = builder.Build();
        var signature = MachOImageTests.Open(bytes).ReadCodeSignature()!;
        Assert.Equal(builder.Signer.HashTypes, signature.CodeDirectories.Select(static directory => directory.HashType));
        Assert.Equal(CodeHashType.Sha384, signature.Preferred!.HashType);

        var blob = signature.Blobs.Single(static blob => blob.Slot == CodeSlot.AlternateCodeDirectories);
        var expected = SHA384.HashData(MachOImageTests.ReadAll(signature.OpenBlob(blob)));
        Assert.Equal(Convert.ToHexStringLower(expected.AsSpan(0, 20)), signature.CdHash);
        foreach (var directory in signature.CodeDirectories)
        {
            Assert.Equal(HashPage(directory.HashType, bytes.AsSpan(0, 4096)), directory.ReadCodeHash(0));
            Assert.NotNull(directory.ReadSpecialHash(CodeSlot.Entitlements));
            Assert.Null(directory.ReadSpecialHash(CodeSlot.Info));
        }
    }

    [Fact]
    public void Reads_launch_constraints()
    {
        var constraint = ForgePlist.Dict(("ccat", 0), ("reqs", ForgePlist.Dict(("team-identifier", "ABC"), ("cdhash", new byte[] { 1, 2, 3 }))));
        var builder = ExampleImage.Create(MachOArch.Arm64, MachOFileType.Execute);
        builder.Signer!.LaunchConstraints[CodeSlot.LaunchConstraintParent] = constraint;
        var signature = MachOImageTests.Open(builder.Build()).ReadCodeSignature()!;
        Assert.Null(signature.ReadLaunchConstraint(CodeSlot.LaunchConstraintSelf));
        var values = DerEntitlements.Decode(signature.ReadLaunchConstraint(CodeSlot.LaunchConstraintParent));
        Assert.Equal([1, 2, 3], values.Dictionary("reqs")!.Data("cdhash")!.Value.ToArray());
    }

    [Theory]
    [InlineData("7005020101B000", "{}")]
    [InlineData("700F020101B00A30080C036B6579010100", """{"key":false}""")]
    [InlineData("700F020101B00A30080C036B65790201FF", """{"key":-1}""")]
    [InlineData("700E020101B00930070C036B65790C00", """{"key":""}""")]
    [InlineData("7016020101B011300F0C036B657930080101FF0C03666F6F", """{"key":[true,"foo"]}""")]
    [InlineData("701A020101B01530130C036B6579B00C300A0C05696E6E6572010100", """{"key":{"inner":false}}""")]
    [InlineData("310A30080C036B65790101FF", """{"key":true}""")]
    public void Decodes_what_codesign_writes(string der, string json)
    {
        Assert.Equal(json, DerEntitlements.Decode(Convert.FromHexString(der)).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("7005020101B001")]
    [InlineData("70080201013003020101")]
    [InlineData("700F020101B00A30080C036B65790901FF")]
    [InlineData("7010020101B00B30090C036B657901010005")]
    public void Refuses_damaged_der(string der)
    {
        Assert.Throws<FirmwareFormatException>(() => DerEntitlements.Decode(Convert.FromHexString(der)));
    }

    [Fact]
    public void Refuses_der_that_is_too_deep()
    {
        // Arrays within arrays, each one a header of four bytes.
        byte[] der = [];
        for (var i = 0; i < 6000; i++)
        {
            der = [0x30, 0x82, (byte)(der.Length >> 8), (byte)der.Length, .. der];
        }

        Assert.Throws<FirmwareFormatException>(() => DerEntitlements.Decode(der));
    }

    [Fact]
    public void An_empty_place_holds_no_signature()
    {
        Assert.Null(CodeSignature.Open(new MemoryByteSource(new byte[64])));
        Assert.Null(CodeSignature.Open(new MemoryByteSource(ReadOnlyMemory<byte>.Empty)));
        Assert.Throws<FirmwareFormatException>(() => CodeSignature.Open(new MemoryByteSource(new byte[] { 1, 2, 3, 4 })));
        Assert.Throws<FirmwareFormatException>(() => CodeSignature.Open(new MemoryByteSource("not a signature"u8.ToArray())));
    }

    private static byte[] Payload(byte[] bytes, byte[] magic)
    {
        var start = bytes.AsSpan().IndexOf(magic);
        return bytes.AsSpan(start + 8, (int)BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(start + 4)) - 8).ToArray();
    }

    private static void Rename(byte[] bytes, CodeSlot from, CodeSlot to)
    {
        var image = MachOImageTests.Open(bytes);
        var index = image.ReadCodeSignature()!.Blobs.ToList().FindIndex(blob => blob.Slot == from);
        var start = bytes.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFA, 0xDE, 0x0C, 0xC0]);
        bytes[start + 12 + (index * 8) + 3] = (byte)to;
    }

    private static byte[] HashPage(CodeHashType type, ReadOnlySpan<byte> page) => type switch
    {
        CodeHashType.Sha1 => SHA1.HashData(page),
        CodeHashType.Sha384 => SHA384.HashData(page),
        CodeHashType.Sha256Truncated => SHA256.HashData(page)[..20],
        _ => SHA256.HashData(page),
    };
}
