using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Plist;

namespace IpswDiff.Forge.Samples;

/// <summary>The application cryptex, the same on both sides: a report that proves identity by digest never opens it.</summary>
internal static class AppOsVolume
{
    public static VolumePlan Plan(SampleBinaries binaries)
    {
        var plan = new VolumePlan("AppOS");
        plan.KeepBinary("/Applications/SampleApp.app/SampleApp", binaries.Load("own/1.0/SampleApp"));
        plan.Keep(
            "/Applications/SampleApp.app/Info.plist",
            ForgeContent.FromBytes(XmlPlistWriter.Write(ForgePlist.Dict(("CFBundleExecutable", "SampleApp"), ("CFBundleIdentifier", "com.example.SampleApp")))));
        return plan;
    }
}
