namespace IpswDiff.Formats.MachO;

/// <summary>What a pointer in a file leads to once the dynamic linker has set it.</summary>
/// <param name="Address">An address of the image, or of the shared cache it lies in; 0 for none.</param>
/// <param name="Import">The symbol of another image it is bound to, or null.</param>
public readonly record struct MachOPointer(ulong Address, string? Import)
{
    /// <summary>Whether it leads nowhere.</summary>
    public bool IsNull => Address == 0 && Import is null;
}
