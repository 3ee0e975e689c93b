using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;

namespace IpswDiff.Diffing.Tests.Pairs;

public class VolumeMatchingTests
{
    [Fact]
    public void A_role_with_one_image_on_each_side_keeps_its_name() => Assert.Equal(
        ["FileSystem: FileSystem→FileSystem", "SystemOS: SystemOS→SystemOS"],
        Match([Volume("FileSystem"), Volume("SystemOS", "a")], [Volume("SystemOS", "b"), Volume("FileSystem")]));

    [Fact]
    public void An_image_that_was_split_faces_each_of_its_parts() => Assert.Equal(
        ["FileSystem: FileSystem→FileSystem", "SystemOS (a): SystemOS→SystemOS 1", "SystemOS (b and 1 more): SystemOS→SystemOS 2"],
        Match(
            [Volume("FileSystem"), Volume("SystemOS", "a", "b", "c")],
            [Volume("FileSystem"), Named("SystemOS 1", "SystemOS", "a"), Named("SystemOS 2", "SystemOS", "b", "c")]));

    [Fact]
    public void Parts_that_were_joined_face_the_whole() => Assert.Equal(
        ["SystemOS (a): SystemOS 1→SystemOS", "SystemOS (b): SystemOS 2→SystemOS"],
        Match(
            [Named("SystemOS 1", "SystemOS", "a"), Named("SystemOS 2", "SystemOS", "b")],
            [Volume("SystemOS", "a", "b")]));

    [Fact]
    public void Groups_pair_by_board_and_not_by_order() => Assert.Equal(
        ["SystemOS (a): one→four", "SystemOS (b): two→three"],
        Match(
            [Named("one", "SystemOS", "a"), Named("two", "SystemOS", "b")],
            [Named("three", "SystemOS", "b"), Named("four", "SystemOS", "a")]));

    [Fact]
    public void A_new_boards_image_faces_the_nearest_of_its_role() => Assert.Equal(
        ["SystemOS (a): one→one", "SystemOS (z): one→two"],
        Match([Named("one", "SystemOS", "a")], [Named("one", "SystemOS", "a"), Named("two", "SystemOS", "z")]));

    [Fact]
    public void Images_of_one_digest_are_one_image() => Assert.Equal(
        ["FileSystem: FileSystem→FileSystem", "SystemOS: SystemOS→one"],
        Match(
            [Volume("FileSystem"), Volume("SystemOS", "a", "b")],
            [Volume("FileSystem"), Of("same", "one", "a"), Of("same", "two", "b")]));

    [Fact]
    public void A_role_that_only_one_side_has_faces_nothing() => Assert.Equal(
        ["FileSystem: FileSystem→FileSystem", "RosettaOS: –→RosettaOS"],
        Match([Volume("FileSystem")], [Volume("FileSystem"), Volume("RosettaOS")]));

    [Fact]
    public void A_board_chooses_its_volumes_and_those_that_are_everybodys() => Assert.Equal(
        ["FileSystem: FileSystem→FileSystem", "SystemOS: one→three"],
        Match(
            [Volume("FileSystem"), Named("one", "SystemOS", "a"), Named("two", "SystemOS", "b")],
            [Volume("FileSystem"), Named("three", "SystemOS", "a"), Named("four", "SystemOS", "b")],
            board: "A"));

    [Fact]
    public void Two_that_are_alone_face_each_other_whatever_they_are_called() =>
        Assert.Equal(["New name: Old name→New name"], Match([Volume("Old name")], [Volume("New name")]));

    private static InputVolume Volume(string role, params string[] boards) => Named(role, role, boards);

    private static InputVolume Named(string label, string role, params string[] boards) => Named(label, role, boards, (string?)null);

    private static InputVolume Of(string digest, string label, string board) => Named(label, "SystemOS", [board], digest);

    private static InputVolume Named(string label, string role, string[] boards, string? digest) =>
        new(label, label + ".dmg", digest, () => throw new InvalidOperationException("matching opens nothing")) { Role = role, Boards = boards };

    private static string[] Match(InputVolume[] old, InputVolume[] @new, string? board = null) =>
        [.. VolumeMatching.Match(old, @new, board).Select(pair => $"{pair.Label}: {pair.Old?.Label ?? "–"}→{pair.New?.Label ?? "–"}")];
}
