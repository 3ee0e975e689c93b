using Azure.Storage.Blobs;

namespace IpswDiff.Cloud.Blobs;

/// <summary>How messages name blobs: without their address, which may be signed.</summary>
internal static class BlobTarget
{
    public static string Of(BlobClient blob) => $"blob '{blob.Name}' of container '{blob.BlobContainerName}'";

    public static string Of(BlobContainerClient container) => $"blob container '{container.Name}'";
}
