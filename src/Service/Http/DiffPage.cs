using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace IpswDiff.Service.Http;

/// <summary>
/// The page over the API, its script and style, and the description of the API: files that the assembly carries.
/// </summary>
internal static class DiffPage
{
    private static readonly FrozenDictionary<string, (string Type, byte[] Bytes)> Files = new[]
    {
        Load("index.html", "text/html; charset=utf-8"),
        Load("app.js", "text/javascript; charset=utf-8"),
        Load("app.css", "text/css; charset=utf-8"),
        Load("icon.svg", "image/svg+xml"),
        Load("openapi.json", "application/json"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Under which path each file is served.</summary>
    public static IReadOnlyList<(string Path, string File)> Paths { get; } =
        [("/", "index.html"), ("/app.js", "app.js"), ("/app.css", "app.css"), ("/favicon.ico", "icon.svg"), ("/openapi.json", "openapi.json")];

    public static async Task SendAsync(HttpContext http, Uri? uploadOrigin, string file)
    {
        if (!Files.TryGetValue(file, out var found))
        {
            throw new ServiceFaultException(FaultKind.NotFound, "the page has no file of that name");
        }

        SecurityHeaders.Set(http, uploadOrigin);
        http.Response.ContentType = found.Type;
        http.Response.ContentLength = found.Bytes.Length;
        http.Response.Headers.CacheControl = "no-cache";
        await http.Response.Body.WriteAsync(found.Bytes, http.RequestAborted).ConfigureAwait(false);
    }

    private static KeyValuePair<string, (string Type, byte[] Bytes)> Load(string file, string type)
    {
        using var stream = typeof(DiffPage).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"the assembly does not carry {file}");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new(file, (type, bytes));
    }
}
