using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Tests.Reports;

public sealed class DefinitionTextTests
{
    [Fact]
    public void A_member_put_in_marks_itself_and_says_how_far_it_pushed_the_others() => Assert.Equal(
        """

        ```diff

        -struct s { /* 0x28 bytes */
        +struct s { /* 0x30 bytes */
             /* 0x0000, 0x8 */ long a;
        +    /* 0x0008, 0x8 */ long put_in;
        @@ later members shift by +0x8 @@
             /* 0x0010, 0x8 */ long b;
             /* 0x0018, 0x8 */ long c;
             /* 0x0020, 0x8 */ long d;
        ```

        """,
        Page(
            "struct s { /* 0x28 bytes */\n    /* 0x0000, 0x8 */ long a;\n    /* 0x0008, 0x8 */ long b;\n    /* 0x0010, 0x8 */ long c;\n    /* 0x0018, 0x8 */ long d;\n    /* 0x0020, 0x8 */ long e;\n};",
            "struct s { /* 0x30 bytes */\n    /* 0x0000, 0x8 */ long a;\n    /* 0x0008, 0x8 */ long put_in;\n    /* 0x0010, 0x8 */ long b;\n    /* 0x0018, 0x8 */ long c;\n    /* 0x0020, 0x8 */ long d;\n    /* 0x0028, 0x8 */ long e;\n};"));

    [Fact]
    public void A_member_that_grew_shifts_the_later_ones_until_one_makes_up_for_it() => Assert.Equal(
        """

        ```diff

         struct s { /* 0x18 bytes */
             /* 0x0000, 0x4 */ int a;
        -    /* 0x0004, 0x4 */ struct t t;
        +    /* 0x0004, 0x8 */ struct t t;
        @@ later members shift by +0x4 @@
             /* 0x000c, 0x4 */ int b;
        -    /* 0x000c, 0x8 */ int pad[2];
        +    /* 0x0010, 0x4 */ int pad[1];
        @@ later members lie where they did @@
             /* 0x0014, 0x4 */ int c;
         };
        ```

        """,
        Page(
            "struct s { /* 0x18 bytes */\n    /* 0x0000, 0x4 */ int a;\n    /* 0x0004, 0x4 */ struct t t;\n    /* 0x0008, 0x4 */ int b;\n    /* 0x000c, 0x8 */ int pad[2];\n    /* 0x0014, 0x4 */ int c;\n};",
            "struct s { /* 0x18 bytes */\n    /* 0x0000, 0x4 */ int a;\n    /* 0x0004, 0x8 */ struct t t;\n    /* 0x000c, 0x4 */ int b;\n    /* 0x0010, 0x4 */ int pad[1];\n    /* 0x0014, 0x4 */ int c;\n};"));

    [Fact]
    public void Bit_fields_shift_by_bits_and_members_alone_that_lie_elsewhere_are_told() => Assert.Equal(
        """

        ```diff

         struct s { /* 0x4 bytes */
        @@ later members shift by -3 bits @@
             /* 0x0000 bit 5, 0x4 */ unsigned a : 2;
             /* 0x0000 bit 7, 0x4 */ unsigned b : 1;
         };
        ```

        """,
        Page(
            "struct s { /* 0x4 bytes */\n    /* 0x0001 bit 0, 0x4 */ unsigned a : 2;\n    /* 0x0001 bit 2, 0x4 */ unsigned b : 1;\n};",
            "struct s { /* 0x4 bytes */\n    /* 0x0000 bit 5, 0x4 */ unsigned a : 2;\n    /* 0x0000 bit 7, 0x4 */ unsigned b : 1;\n};"));

    [Theory]
    [InlineData("/* 0x", "/* 0xzz */ x")]
    [InlineData("/* 0xffffffffffffffffffff */ a;", "/* 0x7fffffffffffffff bit 99999999999 */ a;")]
    public void Lines_that_only_look_like_members_are_compared_whole(string old, string @new) =>
        Assert.Equal($"\n```diff\n\n-{old}\n+{@new}\n```\n", Page(old, @new));

    private static string Page(string old, string @new) => DefinitionText.Of(new DefinitionChange(old, @new));
}
