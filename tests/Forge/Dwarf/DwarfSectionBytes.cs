using IpswDiff.Forge.MachO;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.Dwarf;

/// <summary>Debugging information as written, by section.</summary>
public sealed record DwarfSectionBytes
{
    public required byte[] Info { get; init; }

    public required byte[] Types { get; init; }

    public required byte[] Abbreviations { get; init; }

    public required byte[] Strings { get; init; }

    public required byte[] LineStrings { get; init; }

    public required byte[] StringOffsets { get; init; }

    /// <summary>An image with these sections: a kernel that was not stripped, or the companion file of a dSYM bundle.</summary>
    public byte[] ToMachO(MachOFileType fileType = MachOFileType.Dsym, Guid? uuid = null)
    {
        var builder = new MachOBuilder(MachOArch.Arm64e, fileType) { Uuid = uuid };
        foreach (var (name, bytes) in new (string, byte[])[]
        {
            ("__debug_info", Info), ("__debug_types", Types), ("__debug_abbrev", Abbreviations), ("__debug_str", Strings),
            ("__debug_line_str", LineStrings), ("__debug_str_offs", StringOffsets),
        })
        {
            if (bytes.Length > 0)
            {
                builder.AddSection("__DWARF", name, bytes, flags: 0x02000000, alignment: 0);
            }
        }

        return builder.Build();
    }
}
