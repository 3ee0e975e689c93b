using System.Text.RegularExpressions;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Ipsw;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>What handlers see of an archive beside its volumes.</summary>
internal static partial class ArchiveContents
{
    /// <summary>
    /// What a handler of members sees: files that keep their names, and trust caches of disk images under the
    /// manifest's key.
    /// </summary>
    /// <param name="files">The files.</param>
    /// <param name="manifest">The manifest, or null.</param>
    /// <param name="folder">The folder that paths in the manifest begin in.</param>
    /// <param name="find">Finds a file by its path in the manifest.</param>
    /// <param name="open">Opens a file.</param>
    public static InputMember[] Members(
        IEnumerable<IpswMember> files, BuildManifest? manifest, string folder, Func<string, IpswMember?> find, Func<IpswMember, OwnedByteSource> open)
    {
        var uses = ManifestUses.Of(manifest);
        return
        [
            .. files
                .Where(member => !IsNumbered(member.Name))
                .Select(member => Member(
                    member.Name, member, uses.BoardsOf(member.Name.StartsWith(folder, StringComparison.Ordinal) ? member.Name[folder.Length..] : member.Name)))
                .Concat(uses.Components
                    .Where(component => IsNumbered(component.Path) && component.Path.EndsWith(".trustcache", StringComparison.OrdinalIgnoreCase))
                    .Select(component => (component.Label, component.Boards, Member: find(component.Path)))
                    .Where(component => component.Member is not null)
                    .Select(component => Member(component.Label, component.Member!, component.Boards) with { IsListed = false }))
                .OrderBy(member => member.Name, PathOrder.Instance),
        ];

        InputMember Member(string name, IpswMember member, IReadOnlyList<string> boards) =>
            new(name, member.Size, member.Crc32, member.Mode, () => open(member)) { Boards = boards };
    }

    /// <summary>The kernelcaches that the manifest names.</summary>
    /// <param name="caches">The kernelcaches.</param>
    /// <param name="open">Opens a file.</param>
    public static InputKernelcache[] Kernelcaches(IEnumerable<IpswKernelcache> caches, Func<IpswMember, OwnedByteSource> open) =>
    [
        .. caches.Select(cache => new InputKernelcache(
            cache.Path,
            cache.Boards,
            cache.Digest,
            cache.Member?.Size ?? 0,
            () => cache.Member is { } member
                ? open(member)
                : throw new FirmwareFormatException("IPSW", -1, "the manifest names this kernelcache, but the archive does not hold it"))),
    ];

    private static bool IsNumbered(string path) => ImageName().IsMatch(Path.GetFileName(path));

    // Disk images are named by number, another one in every build; what accompanies them bears their names.
    [GeneratedRegex(@"^\d{3}-\d{5}-\d{3}\.dmg(\.aea|\.trustcache)?(\.root_hash|\.trustcache|\.integrity_catalog|\.mtree)?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ImageName();
}
