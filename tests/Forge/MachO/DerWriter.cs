using System.Text;
using IpswDiff.Forge.Plist;

namespace IpswDiff.Forge.MachO;

/// <summary>Writes entitlements in DER as <c>codesign</c> does: <c>[APPLICATION 16] { INTEGER 1, [16] { SEQUENCE { key, value } … } }</c>, keys sorted.</summary>
public static class DerWriter
{
    private const byte Frame = 0x70;
    private const byte Dictionary = 0xB0;
    private const byte Sequence = 0x30;

    public static byte[] Write(PlistDict dictionary) =>
        Tagged(Frame, [.. Integer(1), .. Value(dictionary)]);

    private static byte[] Value(object value) => value switch
    {
        PlistDict dictionary => Tagged(Dictionary, [.. dictionary.Entries
            .OrderBy(static entry => entry.Key, StringComparer.Ordinal)
            .SelectMany(static entry => Tagged(Sequence, [.. Text(entry.Key), .. Value(entry.Value)]))]),
        object[] array => Tagged(Sequence, [.. array.SelectMany(Value)]),
        string text => Text(text),
        bool truth => [0x01, 0x01, truth ? (byte)0xFF : (byte)0],
        int number => Integer(number),
        long number => Integer(number),
        ulong number => Integer(number),
        byte[] data => Tagged(0x04, data),
        _ => throw new ArgumentException($"no entitlement holds a {value.GetType()}", nameof(value)),
    };

    private static byte[] Text(string text) => Tagged(0x0C, Encoding.UTF8.GetBytes(text));

    private static byte[] Integer(Int128 value)
    {
        // As few bytes as keep the sign.
        var bytes = new List<byte>();
        do
        {
            bytes.Insert(0, (byte)(value & 0xFF));
            value >>= 8;
        }
        while (value != (sbyte)bytes[0] >> 7);

        return Tagged(0x02, [.. bytes]);
    }

    private static byte[] Tagged(byte tag, byte[] content)
    {
        byte[] length = content.Length switch
        {
            < 0x80 => [(byte)content.Length],
            < 0x100 => [0x81, (byte)content.Length],
            < 0x10000 => [0x82, (byte)(content.Length >> 8), (byte)content.Length],
            _ => [0x83, (byte)(content.Length >> 16), (byte)(content.Length >> 8), (byte)content.Length],
        };
        return [tag, .. length, .. content];
    }
}
