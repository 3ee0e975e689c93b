using System.Globalization;
using System.Text;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.MachO;

/// <summary>
/// Whole binaries from a seed, with the proportions of real ones: code in functions, strings, pointers, symbols and libraries. For
/// fixtures that want many. The result is a builder, so that a caller may change what its scenario is about before building.
/// </summary>
public static class SyntheticMachO
{
    private const int BytesPerFunction = 400;
    private const uint Pacibsp = 0xD503237F;
    private const uint Return = 0xD65F03C0;

    private static readonly string[] Nouns =
        ["Session", "Buffer", "Manager", "Policy", "Request", "Cache", "Stream", "Record", "Event", "Service", "Handler", "Context", "Queue", "Token"];

    private static readonly string[] Verbs =
        ["open", "close", "update", "validate", "parse", "send", "receive", "copy", "release", "schedule", "cancel", "resolve", "encode", "decode"];

    /// <summary>An arm64e dylib of about <paramref name="size"/> bytes.</summary>
    /// <param name="installName">Its install name; the last part names its symbols.</param>
    /// <param name="seed">What its contents come from.</param>
    /// <param name="size">Bytes of the file, from 20,000 on.</param>
    public static MachOBuilder Dylib(string installName, ulong seed, int size)
    {
        var builder = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Dylib) { InstallName = installName };
        Fill(builder, installName, seed, size);
        return builder;
    }

    /// <summary>An arm64e program of about <paramref name="size"/> bytes, signed.</summary>
    /// <param name="identifier">Its code-signing identifier; the last part names its symbols.</param>
    /// <param name="seed">What its contents come from.</param>
    /// <param name="size">Bytes of the file, from 20,000 on.</param>
    public static MachOBuilder Program(string identifier, ulong seed, int size)
    {
        var builder = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Execute) { Signer = new MachOSigner(identifier) };
        Fill(builder, identifier, seed, size);
        return builder;
    }

    private static void Fill(MachOBuilder builder, string name, ulong seed, int size)
    {
        var random = new ForgeRandom(seed);
        var prefix = name[(name.LastIndexOfAny(['/', '.']) + 1)..];
        builder.SourceVersion = string.Create(CultureInfo.InvariantCulture, $"{100 + random.Next(900)}.{random.Next(10)}.{random.Next(10)}");
        builder.Builds.Add(new MachOBuildPlan(2, "18.0", "18.0"));
        builder.AddDylib("/usr/lib/libSystem.B.dylib");
        builder.AddDylib("/System/Library/Frameworks/Foundation.framework/Foundation");

        var functions = Math.Max(1, size * 6 / 10 / BytesPerFunction);
        var code = WriteCode(random, functions, out var starts);
        var text = builder.AddCode(code);
        foreach (var start in starts)
        {
            builder.AddFunction(text, start);
        }

        builder.AddCStrings(Strings(random, prefix, size / 8));
        var pointers = new byte[size / 16 & ~7];
        for (var i = 0; i + 8 <= pointers.Length; i += 8)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(pointers.AsSpan(i), builder.BaseAddress + (ulong)(random.Next(code.Length) & ~3));
        }

        builder.AddSection("__DATA_CONST", "__const", pointers);
        builder.AddSection("__DATA", "__data", pointers[..(pointers.Length / 4 & ~7)]);
        builder.AddZeroFill("__DATA", "__bss", 4096);
        AddSymbols(builder, random, prefix, text, starts);
    }

    private static byte[] WriteCode(ForgeRandom random, int functions, out int[] starts)
    {
        // Real code repeats itself: most words come from a small vocabulary, so that it compresses as code does.
        var vocabulary = new uint[96];
        for (var i = 0; i < vocabulary.Length; i++)
        {
            vocabulary[i] = (uint)random.NextUInt64();
        }

        var bytes = new byte[functions * BytesPerFunction];
        starts = new int[functions];
        var at = 0;
        for (var i = 0; i < functions; i++)
        {
            starts[i] = at;
            var words = 20 + random.Next((BytesPerFunction / 4 * 2) - 40);
            words = Math.Min(words, (bytes.Length - at - ((functions - 1 - i) * 8)) / 4);
            Write(bytes, ref at, Pacibsp);
            for (var word = 2; word < words; word++)
            {
                Write(bytes, ref at, random.Next(5) == 0 ? (uint)random.NextUInt64() : vocabulary[random.Next(vocabulary.Length)]);
            }

            Write(bytes, ref at, Return);
        }

        return bytes[..at];
    }

    private static void Write(byte[] bytes, ref int at, uint word)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), word);
        at += 4;
    }

    private static List<string> Strings(ForgeRandom random, string prefix, int bytes)
    {
        var strings = new List<string>();
        for (var length = 0; length < bytes;)
        {
            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"{prefix}: could not {Verbs[random.Next(Verbs.Length)]} {Nouns[random.Next(Nouns.Length)]} %@ ({random.Next(10000)})");
            strings.Add(text);
            length += Encoding.UTF8.GetByteCount(text) + 1;
        }

        return strings;
    }

    private static void AddSymbols(MachOBuilder builder, ForgeRandom random, string prefix, MachOSectionPlan text, int[] starts)
    {
        for (var i = 0; i < starts.Length; i++)
        {
            var name = string.Create(
                CultureInfo.InvariantCulture, $"_{prefix}{Nouns[random.Next(Nouns.Length)]}{Verbs[random.Next(Verbs.Length)]}{i}");
            if (random.Next(3) == 0)
            {
                builder.AddExternal(name, text, starts[i]);
            }
            else
            {
                builder.AddLocal(name, text, starts[i]);
            }
        }

        for (var i = 0; i < starts.Length / 4; i++)
        {
            builder.AddUndefined(string.Create(CultureInfo.InvariantCulture, $"_NS{Nouns[random.Next(Nouns.Length)]}{i}"), 1 + random.Next(2));
        }
    }
}
