using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>Register sets of LC_UNIXTHREAD, from <c>mach/*/thread_status.h</c>.</summary>
internal static class ThreadState
{
    /// <summary>The program counter of the general-purpose register set, or null where there is none that is known.</summary>
    /// <exception cref="FirmwareFormatException">A register set leaves the command.</exception>
    internal static ulong? FindProgramCounter(CpuType cpuType, ref SpanReader reader)
    {
        while (reader.Remaining >= 8)
        {
            var flavor = reader.ReadUInt32();
            var words = reader.ReadUInt32();
            if (words > reader.Remaining / 4)
            {
                throw reader.Fault($"a register set of {words} words leaves its command");
            }

            var end = reader.Position + ((int)words * 4);
            var (index, wide) = (cpuType, flavor) switch
            {
                (CpuType.Arm64 or CpuType.Arm6432, 6) => (32, true),
                (CpuType.X8664, 4) => (16, true),
                (CpuType.X86, 1) => (10, false),
                (CpuType.Arm, 1) => (15, false),
                (CpuType.PowerPC, 1) => (0, false),
                (CpuType.PowerPC64, 5) => (0, true),
                _ => (-1, false),
            };
            if (index >= 0 && (index + 1) * (wide ? 8 : 4) <= (int)words * 4)
            {
                reader.Skip(index * (wide ? 8 : 4));
                return wide ? reader.ReadUInt64() : reader.ReadUInt32();
            }

            reader.Seek(end);
        }

        return null;
    }
}
