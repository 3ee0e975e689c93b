using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.AllKinds;

/// <summary>Programs and libraries, each with one kind of change.</summary>
internal static class BinaryPlants
{
    private const string Section = "MachO";
    private const string Folder = "/usr/libexec/";

    internal static void Plan(VolumePlants volume, VolumePlants other)
    {
        PlanChanges(volume);
        PlanOneSided(volume);
        PlanMoves(volume, other);
        PlanObjectiveC(volume);
    }

    private static void PlanChanges(VolumePlants volume)
    {
        Change("version", "binary: source version", static image => image.SourceVersion = "1.1", ["version", "uuid"]);
        Change("symbols", "binary: symbols", static image => image.AddUndefined("_write"), ["uuid", "symbols"], "+ import _write");
        Change("libraries", "binary: libraries", static image => image.AddDylib("/usr/lib/libz.1.dylib"), ["uuid", "dylibs"], "+ dylib /usr/lib/libz.1.dylib");
        Change("platform", "binary: platform and SDK", static image => image.Builds[0] = new MachOBuildPlan(2, "17.0", "17.2"), ["platform"], "~ platform ios 16.0 16.0 → ios 17.0 17.2");
        Change("table", "binary: section of equal size", static image => Only(image, "__const").Bytes[7] = 99, ["uuid", "content"], "~ section __DATA_CONST.__const");
        Change(
            "text", "binary: strings", static image => Only(image, "__cstring").Bytes = [.. "text was there, too\0"u8], ["uuid", "sections", "cstrings"],
            "+ string text was there, too", "- string text was here");
        Change("code", "binary: functions", static image => Programs.Code(77).CopyTo(Only(image, "__text").Bytes, Programs.BytesPerFunction), ["uuid", "code"], "~ function _code_2");
        Change(
            "grown", "binary: functions", static image =>
            {
                var text = Only(image, "__text");
                image.AddExternal("_grown_5", text, text.Bytes.Length);
                image.AddFunction(text, text.Bytes.Length);
                text.Bytes = [.. text.Bytes, .. Programs.Code(5)];
            },
            ["uuid", "sections", "code", "symbols", "functions"], "+ export _grown_5", "+ function _grown_5");
        Rebuilt("rebuilt", "binary: rebuilt", ["uuid"], static image => image.Uuid = SampleUuid.For("rebuilt again"));
        Rebuilt("resigned", "binary: signed again", ["signature"], static image => image.Signer!.TeamId = "EXAMPLE123");
        volume.Put(Folder + "fat", Programs.Fat("fat", MachOArch.Arm64), Programs.Fat("fat", MachOArch.Arm64, MachOArch.Arm64e), Modes.Program);
        volume.Plant(Section, "changed", Folder + "fat", ["binary: slice"], ["slices"], ["+ slice arm64e"]);

        void Change(string name, string kind, Action<MachOBuilder> edit, string[] what, params string[] says)
        {
            volume.Put(Folder + name, Programs.Build(name), Programs.Build(name, edit), Modes.Program);
            volume.Plant(Section, "changed", Folder + name, [kind], what, says);
        }

        void Rebuilt(string name, string kind, string[] what, Action<MachOBuilder> edit)
        {
            static void Fix(MachOBuilder image) => image.Uuid = SampleUuid.For("built once");
            volume.Put(Folder + name, Programs.Build(name, Fix), Programs.Build(name, (Action<MachOBuilder>)Fix + edit), Modes.Program);
            volume.Plant(Section, "rebuilt", Folder + name, [kind], what);
        }
    }

    private static void PlanOneSided(VolumePlants volume)
    {
        volume.Put(Folder + "added", null, Programs.Build("added"), Modes.Program);
        volume.Plant(Section, "added", Folder + "added", ["binary: added"]);
        volume.Put(Folder + "gone", Programs.Build("gone"), null, Modes.Program);
        volume.Plant(Section, "removed", Folder + "gone", ["binary: removed"]);
        var whole = Programs.Build("damaged");
        var damaged = whole.ToArray();
        damaged.AsSpan(16, 4).Fill(0x7F);
        volume.Put(Folder + "damaged", whole, damaged, Modes.Program);
        volume.Plant(Section, "unreadable", Folder + "damaged", ["binary: unreadable"], reason: "load commands");
        volume.Plant("Entitlements", "unreadable", Folder + "damaged", ["entitlements: unreadable"], reason: "load commands");
    }

    private static void PlanMoves(VolumePlants volume, VolumePlants other)
    {
        // The same bytes; the same code directory with other padding behind the signature; the same UUID signed again.
        Move("same", "content", "binary: moved by content", Programs.Build("same"), static bytes => bytes);
        Move("padded", "cdhash", "binary: moved by cdhash", Programs.Build("padded"), static bytes => [.. bytes, 1]);
        Move("signed", "uuid", "binary: moved by UUID", Programs.Signed("signed", static _ => { }), static _ => Programs.Signed("signed", static signer => signer.TeamId = "EXAMPLE123"));

        var travelled = Programs.Build("travelled");
        volume.Put(Folder + "travelled", travelled, null, Modes.Program);
        other.Put(Folder + "travelled", null, travelled, Modes.Program);
        other.Plant(new Plant(Section, "moved", other.Volume, Folder + "travelled", "binary: moved to another volume") { From = $"{volume.Volume} {Folder}travelled", Proof = "content" });

        void Move(string name, string proof, string kind, byte[] before, Func<byte[], byte[]> after)
        {
            var (from, to) = ($"/usr/old/{name}", $"/usr/new/{name}");
            volume.Put(from, before, null, Modes.Program);
            volume.Put(to, null, after(before), Modes.Program);
            volume.Plant(new Plant(Section, "moved", volume.Volume, to, kind) { From = from, Proof = proof });
        }
    }

    // A compiler's output, whose sources are ours: there and back, so that what came with one version goes with the other.
    private static void PlanObjectiveC(VolumePlants volume)
    {
        var (old, @new) = (SampleBinaries.Read("own/1.0/SampleKit"), SampleBinaries.Read("own/1.1/SampleKit"));
        Plan("Forward", old, @new, ["Objective-C: added class", "Objective-C: added method"], "+ class SKFarewell", "SKGreeter + -shoutForName:", "SKGreeter - +legacyGreeter");
        Plan("Back", @new, old, ["Objective-C: removed class", "Objective-C: removed method"], "- class SKFarewell", "SKGreeter - -shoutForName:", "SKGreeter + +legacyGreeter");

        void Plan(string name, byte[] before, byte[] after, string[] kinds, params string[] says)
        {
            var path = $"/System/Library/PrivateFrameworks/{name}.framework/{name}";
            volume.Put(path, before, after, Modes.Program);
            volume.Plant(new Plant(Section, "changed", volume.Volume, path, kinds) { Says = says, SaysMore = true });
        }
    }

    private static MachOSectionPlan Only(MachOBuilder image, string name) => image.Sections.Single(section => section.Name == name);
}
