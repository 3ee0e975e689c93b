namespace IpswDiff.Cloud.Blobs;

/// <summary>The media type of an artifact, by the end of its name.</summary>
internal static class ContentTypes
{
    public static string Of(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".md" => "text/markdown; charset=utf-8",
        ".txt" => "text/plain; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".json" => "application/json",
        ".jsonl" => "application/jsonl",
        ".svg" => "image/svg+xml",
        ".gz" => "application/gzip",
        ".zst" => "application/zstd",
        _ => "application/octet-stream",
    };
}
