using System.Runtime.InteropServices;

namespace IpswDiff.Forge.SharedCache.Generated;

/// <summary>
/// Writes the functions of a generated library: ordinary instructions from the library's own vocabulary, and between them references
/// (adrp with add or ldr, bl, ldr of a literal; lea and call) to its strings, data, stubs and functions and to those of other images.
/// The references' bits depend on the layout, all other bits on the function alone.
/// </summary>
internal sealed class GeneratedCode
{
    private const int VocabularySize = 512;
    private const long BranchReach = 127L << 20;

    private readonly GeneratedLayout _layout;
    private readonly uint[] _vocabulary = new uint[VocabularySize];
    private readonly bool _isArm;
    private readonly ulong _text;
    private readonly ulong _strings;
    private readonly ulong _data;
    private readonly ulong _constants;
    private readonly ulong _stubs;
    private readonly int _dataWords;
    private readonly ulong[] _remote;

    internal GeneratedCode(GeneratedLayout layout, CacheImagePlace place)
    {
        _layout = layout;
        _isArm = layout.Options.IsArm;
        _text = Address("__text");
        _strings = Address("__cstring");
        _data = Address("__data");
        _constants = layout.Sections.FirstOrDefault(static section => section.Name == "__const" && section.Segment == 1) is { } constants
            ? place.Addresses[1] + (ulong)constants.Offset
            : 0;
        _stubs = Address(layout.IsAuthenticated ? "__auth_stubs" : "__stubs");
        _dataWords = layout.Find("__data")!.Size / layout.PointerSize;
        _remote = Array.ConvertAll(layout.Imports, import => place.Layout.Resolve(import.Hub.Path, (int)import.Key));
        var random = new ForgeRandom(layout.Recipe.Seed ^ 0x5EED);
        for (var i = 0; i < VocabularySize; i++)
        {
            _vocabulary[i] = _isArm ? ArmWord(random) : X86Word(random);
        }

        ulong Address(string name) => layout.Find(name) is { } section ? place.Addresses[section.Segment] + (ulong)section.Offset : 0;
    }

    /// <summary>Writes function <paramref name="index"/> of the layout.</summary>
    internal void Write(int index, Span<byte> destination)
    {
        var key = _layout.FunctionKeys[index];
        var words = MemoryMarshal.Cast<byte, uint>(destination);
        var address = _text + (ulong)_layout.FunctionOffsets[index];
        var seed = GeneratedNames.Mix(_layout.Recipe.Seed, key, 12);
        var isChanged = _layout.Recipe.Edits.ChangedFunctions.ContainsKey(key);
        var end = _isArm ? words.Length - 2 : words.Length - 1;
        var hasLiteral = _isArm && words.Length >= 24 && (seed & 3) == 0;
        var start = 1;
        if (_isArm)
        {
            words[0] = 0xD503237F;
            words[1] = 0xA9BF7BFD;
            words[2] = 0x910003FD;
            start = 3;
            end -= hasLiteral ? 2 : 0;
            words[end] = 0xA8C17BFD;
            words[end + 1] = 0xD65F0FFF;
            if (hasLiteral)
            {
                words[end + 2] = (uint)seed;
                words[end + 3] = (uint)(seed >> 32);
                words[start++] = 0x58000009 | (uint)((end + 2 - 3) << 5);
            }
        }
        else
        {
            words[0] = 0xE5894855;
            words[end] = 0x9090C35D;
        }

        var middle = isChanged ? start + ((end - start) / 2) : end;
        WriteBody(words, start, middle, address, seed);
        WriteBody(words, middle, end, address, seed + 1);
    }

    /// <summary>The stub of an import, which jumps through its pointer.</summary>
    internal void WriteStub(Span<byte> destination, ulong address, ulong pointer)
    {
        if (!_isArm)
        {
            destination[0] = 0xFF;
            destination[1] = 0x25;
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(destination[2..], Distance(address + 6, pointer));
            return;
        }

        var words = MemoryMarshal.Cast<byte, uint>(destination);
        var low = (uint)(pointer & 0xFFF);
        if (_layout.IsAuthenticated)
        {
            words[0] = Adrp(17, address, pointer);
            words[1] = 0x91000231 | (low << 10);
            words[2] = 0xF9400230;
            words[3] = 0xD71F0A11;
        }
        else
        {
            words[0] = Adrp(16, address, pointer);
            words[1] = _layout.Options.Is64Bit ? 0xF9400210 | (low / 8 << 10) : 0xB9400210 | (low / 4 << 10);
            words[2] = 0xD61F0200;
        }
    }

    private static uint ArmWord(ForgeRandom random)
    {
        var d = (uint)random.Next(16);
        var n = (uint)random.Next(16);
        var m = (uint)random.Next(16);
        var three = (m << 16) | (n << 5) | d;
        return random.Next(12) switch
        {
            0 => 0x8B000000 | three,
            1 => 0xCB000000 | three,
            2 => 0x8A000000 | three,
            3 => 0xAA000000 | three,
            4 => 0xCA000000 | three,
            5 => 0x9B007C00 | three,
            6 => 0xEB00001F | (m << 16) | (n << 5),
            7 => 0x9A800000 | three | ((uint)random.Next(14) << 12),
            8 => 0xF94003E0 | d | ((uint)random.Next(64) << 10),
            9 => 0xF90003E0 | d | ((uint)random.Next(64) << 10),
            10 => 0x52800000 | d | ((uint)random.Next(0x10000) << 5),
            _ => 0xD3407C00 | (n << 5) | d,
        };
    }

    private static uint X86Word(ForgeRandom random)
    {
        // REX.W, operation, both registers, no operation.
        uint[] operations = [0x01, 0x29, 0x21, 0x09, 0x31, 0x39, 0x89, 0x85];
        return 0x90000048 | (operations[random.Next(operations.Length)] << 8) | ((0xC0u | (uint)random.Next(64)) << 16);
    }

    private static int Distance(ulong from, ulong to) => checked((int)unchecked((long)(to - from)));

    private static uint Adrp(uint register, ulong from, ulong to)
    {
        var pages = (long)(to >> 12) - (long)(from >> 12);
        if (pages is < -(1 << 20) or >= 1 << 20)
        {
            throw new InvalidOperationException($"adrp at 0x{from:x} does not reach 0x{to:x}: the cache is too large for its number of groups");
        }

        return 0x90000000 | register | (((uint)pages & 3) << 29) | ((uint)((pages >> 2) & 0x7FFFF) << 5);
    }

    private void WriteBody(Span<uint> words, int at, int end, ulong address, ulong seed)
    {
        while (at < end)
        {
            seed += 0x9E3779B97F4A7C15;
            var bits = seed;
            bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
            bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
            bits ^= bits >> 31;
            for (var i = 0; i < 5 && at < end; i++, bits >>= 12)
            {
                if ((bits & 7) == 0 && end - at >= 2)
                {
                    at += WriteReference(words[at..], address + ((ulong)at * 4), (uint)(bits >> 3) & 0x1FF, (uint)(seed >> 40) + (uint)i);
                }
                else
                {
                    words[at++] = _vocabulary[(int)(bits >> 3) & (VocabularySize - 1)];
                }
            }
        }
    }

    /// <summary>Writes a reference and returns its words.</summary>
    private int WriteReference(Span<uint> words, ulong address, uint kind, uint choice)
    {
        var register = kind >> 3 & 3;
        switch (kind & 7)
        {
            case 0 or 1 or 2 when _layout.Recipe.Strings > 0:
                return WriteAddress(words, address, _strings + (ulong)_layout.StringOffsets[choice % (uint)_layout.Recipe.Strings], register);
            case 3:
                return WriteAddress(words, address, _data + (ulong)(choice % (uint)_dataWords * (uint)_layout.PointerSize), register);
            case 4 when _layout.Recipe.ConstPointers > 0:
                return WriteLoad(words, address, _constants + (ulong)(choice % (uint)_layout.Recipe.ConstPointers * (uint)_layout.PointerSize), register);
            case 5 or 6 when _remote.Length > 0:
                var import = (int)(choice % (uint)_remote.Length);
                var stub = _stubs + (ulong)(import * _layout.StubSize);

                // Where it is near enough, the cache's builder calls past the stub.
                var direct = (kind & 7) == 6 && Math.Abs((long)(_remote[import] - address)) < BranchReach;
                return WriteCall(words, address, direct ? _remote[import] : stub);
            default:
                return WriteCall(words, address, _text + (ulong)_layout.FunctionOffsets[choice % ImageRecipe.Anchors]);
        }
    }

    private int WriteAddress(Span<uint> words, ulong address, ulong target, uint register)
    {
        if (_isArm)
        {
            words[0] = Adrp(register, address, target);
            words[1] = 0x91000000 | register | (register << 5) | ((uint)(target & 0xFFF) << 10);
        }
        else
        {
            Lea(words, address, target, 0x8D);
        }

        return 2;
    }

    private int WriteLoad(Span<uint> words, ulong address, ulong target, uint register)
    {
        if (_isArm)
        {
            var low = (uint)(target & 0xFFF);
            words[0] = Adrp(register, address, target);
            words[1] = _layout.Options.Is64Bit
                ? 0xF9400000 | register | (register << 5) | (low / 8 << 10)
                : 0xB9400000 | register | (register << 5) | (low / 4 << 10);
        }
        else
        {
            Lea(words, address, target, 0x8B);
        }

        return 2;
    }

    private int WriteCall(Span<uint> words, ulong address, ulong target)
    {
        if (_isArm)
        {
            words[0] = 0x94000000 | ((uint)((long)(target - address) >> 2) & 0x03FFFFFF);
            return 1;
        }

        var distance = (uint)Distance(address + 5, target);
        words[0] = 0xE8 | (distance << 8);
        words[1] = (distance >> 24) | 0x001F0F00;
        return 2;
    }

    private static void Lea(Span<uint> words, ulong address, ulong target, uint operation)
    {
        var distance = (uint)Distance(address + 7, target);
        words[0] = 0x3D0048 | (operation << 8) | (distance << 24);
        words[1] = (distance >> 8) | 0x90000000;
    }
}
