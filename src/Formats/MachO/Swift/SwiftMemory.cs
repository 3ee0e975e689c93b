using System.Buffers;
using IpswDiff.Formats.MachO.Fixups;
using IpswDiff.Formats.MachO.ObjectiveC;

namespace IpswDiff.Formats.MachO.Swift;

/// <summary>Memory of an image as Swift's metadata refer to it: by distances of 32 bits, some of them to a pointer.</summary>
internal sealed class SwiftMemory(ObjectiveCMemory memory, bool is64Bit)
{
    private const int LongestName = 1 << 16;

    internal int PointerSize => is64Bit ? 8 : 4;

    internal uint ReadUInt32(ulong address) => memory.ReadUInt32(address);

    internal ushort ReadUInt16(ulong address)
    {
        Span<byte> field = stackalloc byte[2];
        memory.Read(address, field);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(field);
    }

    /// <summary>Counts what is made of what was read: a short name may refer to long ones, and those again.</summary>
    internal void Spend(string text, ulong address) => memory.Spend(text.Length, address);

    internal string ReadString(ulong address) => memory.ReadString(address);

    internal MachOPointer ReadPointer(ulong address) =>
        is64Bit ? memory.ReadPointer(address) : memory.Pointers.Decode(memory.ReadUInt32(address), address);

    /// <summary>Where the distance at an address leads, or 0 where it is none.</summary>
    internal ulong ReadRelative(ulong address)
    {
        var distance = (int)memory.ReadUInt32(address);
        return distance == 0 ? 0 : unchecked(address + (ulong)distance);
    }

    /// <summary>
    /// Where the distance at an address leads whose lowest bit says that a pointer stands there; <paramref name="flags"/> are low bits
    /// that say something else.
    /// </summary>
    internal MachOPointer ReadIndirectable(ulong address, uint flags = 0)
    {
        var distance = memory.ReadUInt32(address) & ~flags;
        if (distance == 0)
        {
            return default;
        }

        var target = unchecked(address + (ulong)(int)(distance & ~1u));
        return (distance & 1) == 0 ? new MachOPointer(target, null) : ReadPointer(target);
    }

    /// <summary>The mangled name at an address: up to a zero byte that is not part of a symbolic reference.</summary>
    internal byte[] ReadMangled(ulong address)
    {
        var name = new ArrayBufferWriter<byte>(64);
        Span<byte> piece = stackalloc byte[8];
        while (name.WrittenCount < LongestName)
        {
            memory.Read(unchecked(address + (ulong)name.WrittenCount), piece[..1]);
            var c = piece[0];
            if (c == 0)
            {
                return name.WrittenSpan.ToArray();
            }

            name.Write(piece[..1]);
            var operand = c is >= 0x01 and <= 0x17 ? 4 : c is >= 0x18 and <= 0x1F ? PointerSize : 0;
            memory.Read(unchecked(address + (ulong)name.WrittenCount), piece[..operand]);
            name.Write(piece[..operand]);
        }

        throw MachOFormat.Fault(-1, $"the mangled name at address 0x{address:x} is longer than {LongestName} bytes");
    }
}
