using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>
/// Takes out of names and strings what changes with every build: UUIDs and temporary folders of the build system, and build roots.
/// For one thread.
/// </summary>
internal sealed class NameNormalizer : IDisposable
{
    private const int UuidLength = 36;
    private const int TemporaryLength = 6;

    private byte[] _buffer = BoundedArrayPool<byte>.Shared.Rent(1024);

    private static ReadOnlySpan<byte> Xbs => "/Library/Caches/com.apple.xbs"u8;

    private static ReadOnlySpan<byte> Temporary => "/TemporaryDirectory."u8;

    private static ReadOnlySpan<byte> BuildRoots => "/AppleInternal/Library/BuildRoots/"u8;

    /// <summary>A string or a name without build noise; valid until the next call.</summary>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> text)
    {
        var first = text.IndexOf((byte)'/');
        return first >= 0 && (text[first..].IndexOf(Xbs) >= 0 || text[first..].IndexOf(BuildRoots) >= 0) ? Rewrite(text) : text;
    }

    public void Dispose()
    {
        BoundedArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>The name without its trailing parts that are <c>.cold</c> or all digits: of a part that a compiler split off, or of a clone, the whole.</summary>
    internal static ReadOnlySpan<byte> TrimCompilerSuffix(ReadOnlySpan<byte> name)
    {
        while (true)
        {
            var dot = name.LastIndexOf((byte)'.');
            if (dot <= 0)
            {
                return name;
            }

            var part = name[(dot + 1)..];
            if (!part.SequenceEqual("cold"u8) && (part.IsEmpty || part.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0))
            {
                return name;
            }

            name = name[..dot];
        }
    }

    private ReadOnlySpan<byte> Rewrite(ReadOnlySpan<byte> text)
    {
        // A replacement is at most as long as a build-root prefix plus its mark, so twice the text is always enough.
        if (_buffer.Length < (text.Length * 2) + 64)
        {
            BoundedArrayPool<byte>.Shared.Return(_buffer);
            _buffer = BoundedArrayPool<byte>.Shared.Rent((text.Length * 2) + 64);
        }

        var written = 0;
        while (!text.IsEmpty)
        {
            var slash = text.IndexOf((byte)'/');
            if (slash != 0)
            {
                Copy(ref text, slash < 0 ? text.Length : slash, ref written);
            }
            else if (text.StartsWith(Xbs))
            {
                Copy(ref text, Xbs.Length, ref written);
                RewriteXbs(ref text, ref written);
            }
            else if (text.StartsWith(BuildRoots))
            {
                Copy(ref text, BuildRoots.Length, ref written);
                var end = text.IndexOfAny((byte)'/', (byte)' ');
                end = end < 0 ? text.Length : end;
                if (end > 0)
                {
                    Put("<BUILDROOT>"u8, ref written);
                    text = text[end..];
                }
            }
            else
            {
                Copy(ref text, 1, ref written);
            }
        }

        return _buffer.AsSpan(0, written);
    }

    private void RewriteXbs(ref ReadOnlySpan<byte> text, ref int written)
    {
        if (text.Length > UuidLength && text[0] == '/' && IsUuid(text.Slice(1, UuidLength)) && EndsPart(text, UuidLength + 1))
        {
            Put("/<UUID>"u8, ref written);
            text = text[(UuidLength + 1)..];
        }

        var end = Temporary.Length + TemporaryLength;
        if (text.Length >= end && text.StartsWith(Temporary) && IsAlphanumeric(text[Temporary.Length..end]) && EndsPart(text, end))
        {
            Put("/TemporaryDirectory.<TMP>"u8, ref written);
            text = text[end..];
        }
    }

    private void Copy(ref ReadOnlySpan<byte> text, int count, ref int written)
    {
        Put(text[..count], ref written);
        text = text[count..];
    }

    private void Put(ReadOnlySpan<byte> bytes, ref int written)
    {
        bytes.CopyTo(_buffer.AsSpan(written));
        written += bytes.Length;
    }

    private static bool EndsPart(ReadOnlySpan<byte> text, int position) => position == text.Length || text[position] == '/';

    private static bool IsAlphanumeric(ReadOnlySpan<byte> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)c))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsUuid(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var isDash = i is 8 or 13 or 18 or 23;
            if (isDash ? text[i] != '-' : !char.IsAsciiHexDigit((char)text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
