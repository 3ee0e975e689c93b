using System.Text;
using IpswDiff.Forge.Plist;
using IpswDiff.Forge.Samples;
using static IpswDiff.Forge.AllKinds.Plant;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Forge.AllKinds;

/// <summary>Feature flags, launchd's jobs and localized text: property lists in every form they come in.</summary>
internal static class PropertyListPlants
{
    private const string Domains = "/System/Library/FeatureFlags/Domain/";
    private const string Daemons = "/System/Library/LaunchDaemons/";
    private const string Agents = "/System/Library/LaunchAgents/";
    private const string Kit = "/System/Library/Frameworks/Kit.framework/";

    private static readonly string[] Values = ["values"];

    internal static void PlanFeatures(VolumePlants volume)
    {
        const string Section = "Features";
        static PlistDict Flag(bool enabled, string? phase = null) => phase is null ? Dict(("Enabled", enabled)) : Dict(("Enabled", enabled), ("DevelopmentPhase", phase));
        volume.Put(
            Domains + "Kitchen.plist",
            Xml(Dict(("quick_start", Flag(false, "UnderDevelopment")), ("old_layout", Flag(true)), ("steady", Flag(true)), ("Bright", Flag(true)))),
            Xml(Dict(("quick_start", Flag(true, "FeatureComplete")), ("new_layout", Flag(false)), ("steady", Flag(true)), ("bright", Flag(true)))));
        volume.Plant(
            Section, "changed", Domains + "Kitchen.plist", ["feature: added flag", "feature: removed flag", "feature: attribute", "feature: exact case"], Values,
            [
                Value("Bright/Enabled", "true", null),
                Value("bright/Enabled", null, "true"),
                Value("new_layout/Enabled", null, "false"),
                Value("old_layout/Enabled", "true", null),
                Value("quick_start/DevelopmentPhase", "UnderDevelopment", "FeatureComplete"),
                Value("quick_start/Enabled", "false", "true"),
            ]);
        volume.Put(Domains + "Garden.plist", Binary(Dict(("level", Dict(("Value", 1))))), Binary(Dict(("level", Dict(("Value", 2))))));
        volume.Plant(Section, "changed", Domains + "Garden.plist", ["feature: binary"], Values, [Value("level/Value", "1", "2")]);

        // The same flags in the other form: the file changed, its flags did not.
        volume.Put(Domains + "Steady.plist", Binary(Dict(("calm", Flag(true)))), Xml(Dict(("calm", Flag(true)))));
        volume.Put(Domains + "Cellar.plist", null, Xml(Dict(("deep", Flag(true)))));
        volume.Plant(Section, "added", Domains + "Cellar.plist", ["feature: added domain"], null, [Value("deep/Enabled", null, "true")]);
        volume.Put(Domains + "Attic.plist", Xml(Dict(("dusty", Flag(true)))), null);
        volume.Plant(Section, "removed", Domains + "Attic.plist", ["feature: removed domain"], null, [Value("dusty/Enabled", "true", null)]);
        volume.Put(Domains + "Broken.plist", Xml(Dict(("a", Flag(true)))), Encoding.UTF8.GetBytes("<?xml version=\"1.0\"?><plist><dict><key>"));
        volume.Plant(Section, "unreadable", Domains + "Broken.plist", ["feature: unreadable"], reason: "new side");
    }

    internal static void PlanLaunchd(VolumePlants volume)
    {
        const string Section = "Launchd";
        static PlistDict Job(string label, params (string Key, object Value)[] more) => Dict([("Label", label), .. more]);
        volume.Put(Daemons + "one.plist", Xml(Job("com.example.one", ("RunAtLoad", true))), Xml(Job("com.example.one", ("RunAtLoad", false), ("KeepAlive", true))));
        volume.Plant(Section, "changed", Daemons + "one.plist", ["launchd: daemon"], Values, [Value("KeepAlive", null, "true"), Value("RunAtLoad", "true", "false")]);
        volume.Put(Agents + "two.plist", Binary(Job("com.example.two")), Binary(Job("com.example.two.renamed")));
        volume.Plant(Section, "changed", Agents + "two.plist", ["launchd: agent", "launchd: label"], Values, [Value("Label", "com.example.two", "com.example.two.renamed")]);
        volume.Put(Daemons + "added.plist", null, Xml(Job("com.example.added")));
        volume.Plant(Section, "added", Daemons + "added.plist", ["launchd: added job"], null, [Value("Label", null, "com.example.added")]);
        volume.Put(Daemons + "gone.plist", Xml(Job("com.example.gone")), null);
        volume.Plant(Section, "removed", Daemons + "gone.plist", ["launchd: removed job"], null, [Value("Label", "com.example.gone", null)]);

        static byte[] Launchd(PlistDict configuration) => Programs.Build("launchd", image => image.AddSection("__TEXT", "__config", [.. Xml(configuration), 0]));
        volume.Put(
            "/sbin/launchd",
            Launchd(Dict(("Boot", Dict(("setup", Dict(("Program", "/x1"))))))),
            Launchd(Dict(("Boot", Dict(("setup", Dict(("Program", "/x2"))))))),
            Modes.Program);
        volume.Plant(Section, "changed", "/sbin/launchd", ["launchd: embedded configuration"], Values, [Value("Boot/setup/Program", "/x1", "/x2")]);
        volume.Plant("MachO", "changed", "/sbin/launchd", ["binary: section of equal size"], ["uuid", "content"], ["~ section __TEXT.__config"]);
    }

    internal static void PlanLocalizations(VolumePlants volume)
    {
        const string Section = "Localizations";
        volume.Put(
            Kit + "en.lproj/Text.strings",
            [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("\"GREETING\" = \"Hello\";\n\"KEPT\" = \"Goodbye\";\n")],
            Encoding.UTF8.GetBytes("/* politer */\n\"GREETING\" = \"Good day\";\n\"KEPT\" = \"Goodbye\";\n"));
        volume.Plant(Section, "changed", Kit + "en.lproj/Text.strings", ["strings: text"], Values, [Value("GREETING", "Hello", "Good day")]);
        volume.Put(Kit + "en.lproj/Binary.strings", Binary(Dict(("A", "1"), ("B", "2"))), Binary(Dict(("B", "2"), ("C", "3"))));
        volume.Plant(Section, "changed", Kit + "en.lproj/Binary.strings", ["strings: binary"], Values, [Value("A", "1", null), Value("C", null, "3")]);
        static PlistDict Plural(string one) => Dict(("%d files", Dict(("NSStringLocalizedFormatKey", "%#@files@"), ("files", Dict(("one", one), ("other", "%d files"))))));
        volume.Put(Kit + "en.lproj/Plural.stringsdict", Xml(Plural("a file")), Xml(Plural("one file")));
        volume.Plant(Section, "changed", Kit + "en.lproj/Plural.stringsdict", ["stringsdict"], Values, [Value("%d files/files/one", "a file", "one file")]);

        // Of a table of all locales, and of a locale's own folder, only English is asked for.
        static PlistDict Table(string english, string german) => Dict(("en", Dict(("TITLE", english))), ("de", Dict(("TITLE", german))));
        volume.Put(Kit + "Table.loctable", Binary(Table("Title", "Titel")), Binary(Table("Heading", "Kopfzeile")));
        volume.Plant(Section, "changed", Kit + "Table.loctable", ["loctable"], Values, [Value("en/TITLE", "Title", "Heading")]);
        volume.Put(Kit + "de.lproj/Text.strings", Encoding.UTF8.GetBytes("\"GREETING\" = \"Hallo\";\n"), Encoding.UTF8.GetBytes("\"GREETING\" = \"Guten Tag\";\n"));
        volume.Put(Kit + "en.lproj/Added.strings", null, Encoding.UTF8.GetBytes("\"NEW\" = \"New\";\n"));
        volume.Plant(Section, "added", Kit + "en.lproj/Added.strings", ["strings: added table"], null, [Value("NEW", null, "New")]);
        volume.Put(Kit + "en.lproj/Gone.strings", Encoding.UTF8.GetBytes("\"OLD\" = \"Old\";\n"), null);
        volume.Plant(Section, "removed", Kit + "en.lproj/Gone.strings", ["strings: removed table"], null, [Value("OLD", "Old", null)]);
        volume.Put(Kit + "en.lproj/Broken.strings", Encoding.UTF8.GetBytes("\"K\" = \"v\";"), Encoding.UTF8.GetBytes("\"K\" = \"v"));
        volume.Plant(Section, "unreadable", Kit + "en.lproj/Broken.strings", ["strings: unreadable"], reason: "new side");
    }

    private static byte[] Xml(PlistDict value) => XmlPlistWriter.Write(value);

    private static byte[] Binary(PlistDict value) => BinaryPlistWriter.Write(value);
}
