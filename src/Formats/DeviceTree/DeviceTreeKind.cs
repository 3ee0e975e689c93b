namespace IpswDiff.Formats.DeviceTree;

/// <summary>What a property's value is meant as.</summary>
public enum DeviceTreeKind
{
    /// <summary>One text or several.</summary>
    Text,

    /// <summary>A number of 1, 2, 4 or 8 bytes.</summary>
    Number,

    /// <summary>Anything else.</summary>
    Bytes,
}

/// <summary>
/// Tells what properties are meant as. Trees do not record it, and small numbers may look like text: 0x41 in four bytes is
/// <c>A</c> with padding. So the name decides where it is one whose meaning is known (Open Firmware's, IEEE 1275, and those that Apple's
/// drivers read), else the bytes of both sides of a comparison together, so that a property is of one kind on both.
/// </summary>
public static class DeviceTreeKinds
{
    private static readonly HashSet<string> TextNames = new(StringComparer.Ordinal)
    {
        "name", "device_type", "compatible", "model", "model-number", "model-config", "region-info", "serial-number", "mlb-serial-number",
        "config-number", "regulatory-model-number", "target-type", "target-sub-type", "boot-args", "role", "firmware-version", "time-stamp",
    };

    private static readonly HashSet<string> NumberNames = new(StringComparer.Ordinal)
    {
        "AAPL,phandle", "reg", "ranges", "interrupts", "interrupt-parent", "board-id", "chip-id", "clock-gates", "clock-ids", "power-gates",
    };

    private static readonly string[] TextEndings = ["-name", "-names", "-description"];

    private static readonly string[] NumberEndings =
        ["-cells", "-parent", "-count", "-size", "-frequency", "-mask", "-offset", "-index", "-phandle", "-phandles", "-gates", "-ids"];

    /// <summary>What the property of one name is on both sides, of which one may be missing.</summary>
    /// <exception cref="ArgumentException">Both are missing.</exception>
    public static DeviceTreeKind Decide(DeviceTreeProperty? old, DeviceTreeProperty? @new)
    {
        var name = (old ?? @new ?? throw new ArgumentException("there is no property on either side", nameof(@new))).Name;
        var (first, second) = (old ?? @new!, @new ?? old!);
        var mayBeText = (IsTextOrBlank(first) && IsTextOrBlank(second)) && (first.Texts ?? second.Texts) is not null;
        var mayBeNumber = first.Number is not null && second.Number is not null;
        if (IsNamed(name, TextNames, TextEndings) && mayBeText)
        {
            return DeviceTreeKind.Text;
        }

        if (mayBeNumber && (name.StartsWith('#') || IsNamed(name, NumberNames, NumberEndings)))
        {
            return DeviceTreeKind.Number;
        }

        return mayBeText && IsMeantAsText(first, second) ? DeviceTreeKind.Text : mayBeNumber ? DeviceTreeKind.Number : DeviceTreeKind.Bytes;
    }

    private static bool IsNamed(string name, HashSet<string> names, string[] endings) =>
        names.Contains(name) || Array.Exists(endings, ending => name.EndsWith(ending, StringComparison.Ordinal));

    // Nothing at all, or a field that the boot loader has yet to fill, may be on one side of a text.
    private static bool IsTextOrBlank(DeviceTreeProperty property) =>
        property.Texts is not null || property.Value.IsEmpty || (property.Value.Length > sizeof(ulong) && !property.Value.Span.ContainsAnyExcept((byte)0));

    // One side whose length no number has decides for both; where both may be numbers, both must end as texts do.
    private static bool IsMeantAsText(DeviceTreeProperty first, DeviceTreeProperty second) =>
        IsWholeText(first, isLongOnly: true) || IsWholeText(second, isLongOnly: true)
        || (IsWholeText(first, isLongOnly: false) && IsWholeText(second, isLongOnly: false));

    /// <summary>Whether a value ends as a text does: with one NUL, or in a field that is filled up behind more characters than a number has.</summary>
    private static bool IsWholeText(DeviceTreeProperty property, bool isLongOnly)
    {
        var value = property.Value.Span;
        if (property.Texts is null || (isLongOnly && value.Length is sizeof(uint) or sizeof(ulong)))
        {
            return false;
        }

        var padding = value.Length - value.TrimEnd((byte)0).Length;
        return padding == 1 || (value.Length > sizeof(ulong) && value.IndexOf((byte)0) >= sizeof(uint));
    }
}
