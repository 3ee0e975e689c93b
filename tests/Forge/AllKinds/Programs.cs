using System.Buffers.Binary;
using System.Security.Cryptography;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Samples;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.AllKinds;

/// <summary>Small programs of which everything is known: four functions, a string, an import, a table, and a signature.</summary>
internal static class Programs
{
    internal const int BytesPerFunction = 16;
    private const int Functions = 4;
    private const uint Pacibsp = 0xD503237F;
    private const uint Retab = 0xD65F0FFF;
    private const uint MoveToW0 = 0x52800000;
    private const uint Nop = 0xD503201F;

    /// <summary>A program. Its UUID is the linker's: it follows from the contents unless <paramref name="edit"/> sets one.</summary>
    /// <param name="name">Names its symbols and its identifier.</param>
    /// <param name="edit">What is to be otherwise.</param>
    internal static byte[] Build(string name, Action<MachOBuilder>? edit = null) => Builder(name, edit).Build();

    /// <summary>A program of a fixed UUID, of which the signature alone may differ.</summary>
    internal static byte[] Signed(string name, Action<MachOSigner> sign) => Build(name, image =>
    {
        image.Uuid = SampleUuid.For(name);
        sign(image.Signer!);
    });

    /// <summary>Both slices of a fat program, or one.</summary>
    internal static byte[] Fat(string name, params MachOArch[] archs) => FatBuilder.Build([.. archs.Select(arch => (arch, Builder(name, static _ => { }, arch).Build()))]);

    /// <summary>The first twenty bytes of the SHA-256 of the code directory.</summary>
    internal static byte[] CdHash(byte[] image)
    {
        var at = image.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFA, 0xDE, 0x0C, 0x02]);
        return SHA256.HashData(image.AsSpan(at, BinaryPrimitives.ReadInt32BigEndian(image.AsSpan(at + 4))))[..20];
    }

    /// <summary>Functions that return numbers: pacibsp; mov w0, #n; nop; retab.</summary>
    internal static byte[] Code(params int[] numbers) =>
        [.. numbers.SelectMany(static number => new[] { Pacibsp, MoveToW0 | ((uint)number << 5), Nop, Retab }).SelectMany(BitConverter.GetBytes)];

    private static MachOBuilder Builder(string name, Action<MachOBuilder>? edit, MachOArch? arch = null)
    {
        var image = new MachOBuilder(arch ?? MachOArch.Arm64e, MachOFileType.Execute) { SourceVersion = "1.0", Signer = new MachOSigner("com.example." + name) };
        image.Builds.Add(new MachOBuildPlan(2, "16.0", "16.0"));
        image.AddDylib("/usr/lib/libSystem.B.dylib");
        var text = image.AddCode(Code([.. Enumerable.Range(1, Functions)]));
        for (var i = 0; i < Functions; i++)
        {
            image.AddExternal($"_{name}_{i + 1}", text, i * BytesPerFunction);
            image.AddFunction(text, i * BytesPerFunction);
        }

        image.AddCStrings([name + " was here"]);
        image.AddSection("__DATA_CONST", "__const", [.. Enumerable.Range(1, 64).Select(static i => (byte)i)]);
        image.AddUndefined("_puts");
        edit?.Invoke(image);
        return image;
    }
}
