namespace IpswDiff.Formats.Apfs;

/// <summary>What a volume is for (<c>apfs_role</c>).</summary>
public enum ApfsVolumeRole
{
    /// <summary>No role.</summary>
    None = 0,

    /// <summary>The operating system.</summary>
    System = 0x01,

    /// <summary>Users' homes.</summary>
    User = 0x02,

    /// <summary>Recovery system.</summary>
    Recovery = 0x04,

    /// <summary>Swap.</summary>
    Vm = 0x08,

    /// <summary>Files needed before the system volume is unlocked.</summary>
    Preboot = 0x10,

    /// <summary>The installer.</summary>
    Installer = 0x20,

    /// <summary>Data of users and applications.</summary>
    Data = 0x40,

    /// <summary>Baseband firmware.</summary>
    Baseband = 0x80,

    /// <summary>Software update.</summary>
    Update = 0xC0,

    /// <summary>xART: secrets of the Secure Enclave.</summary>
    Xart = 0x100,

    /// <summary>Data bound to the hardware.</summary>
    Hardware = 0x140,

    /// <summary>Time Machine.</summary>
    Backup = 0x180,

    /// <summary>Reserved for Apple.</summary>
    Reserved7 = 0x1C0,

    /// <summary>Reserved for Apple.</summary>
    Reserved8 = 0x200,

    /// <summary>Data managed by an enterprise.</summary>
    Enterprise = 0x240,

    /// <summary>Reserved for Apple.</summary>
    Reserved10 = 0x280,

    /// <summary>Data needed before login.</summary>
    Prelogin = 0x2C0,
}
