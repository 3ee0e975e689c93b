namespace IpswDiff.Forge;

/// <summary>A file that lives as long as a witness needs it.</summary>
public sealed class TemporaryFile : IDisposable
{
    private TemporaryFile(string path) => Path = path;

    public string Path { get; }

    public static TemporaryFile Write(byte[] bytes)
    {
        var file = new TemporaryFile(System.IO.Path.GetTempFileName());
        File.WriteAllBytes(file.Path, bytes);
        return file;
    }

    public void Dispose() => File.Delete(Path);
}
