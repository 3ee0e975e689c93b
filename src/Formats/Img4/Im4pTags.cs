namespace IpswDiff.Formats.Img4;

/// <summary>
/// What the four characters of an IM4P stand for. Facts: the keys of <c>BuildManifest.plist</c>, beside which the files with these tags
/// stand.
/// </summary>
public static class Im4pTags
{
    private static readonly Dictionary<string, string> Purposes = new(StringComparer.Ordinal)
    {
        ["acib"] = "ACIBT",
        ["anef"] = "neural engine firmware",
        ["aopf"] = "always-on processor firmware",
        ["aubt"] = "audio boot chime",
        ["avef"] = "video encoder firmware",
        ["bat0"] = "low battery image",
        ["bat1"] = "low battery image",
        ["batF"] = "full battery image",
        ["chg0"] = "charging image",
        ["chg1"] = "charging image",
        ["ciof"] = "Thunderbolt controller firmware",
        ["csys"] = "cryptex system volume",
        ["dcpf"] = "display coprocessor firmware",
        ["dtre"] = "device tree",
        ["dven"] = "diagnostic environment",
        ["gfxf"] = "graphics firmware",
        ["glyP"] = "plug image",
        ["ibdt"] = "iBoot data",
        ["ibec"] = "iBEC",
        ["ibot"] = "iBoot",
        ["ibss"] = "iBSS",
        ["illb"] = "LLB",
        ["ispf"] = "image signal processor firmware",
        ["isys"] = "system volume root hash",
        ["krnl"] = "kernelcache",
        ["lamo"] = "lamo",
        ["logo"] = "boot logo",
        ["mtfw"] = "multitouch firmware",
        ["pmpf"] = "power manager firmware",
        ["rdsk"] = "restore RAM disk",
        ["rdtr"] = "restore device tree",
        ["recm"] = "recovery mode image",
        ["rkrn"] = "restore kernelcache",
        ["rlgo"] = "restore logo",
        ["rosi"] = "operating system image",
        ["rsep"] = "restore SEP firmware",
        ["rtsc"] = "restore trust cache",
        ["sepi"] = "SEP firmware",
        ["siof"] = "smart I/O firmware",
        ["trst"] = "static trust cache",
        ["ltrs"] = "loadable trust cache",
    };

    /// <summary>What an image with the tag is for, in words; null for a tag that is not known.</summary>
    public static string? Purpose(string tag) => Purposes.GetValueOrDefault(tag);
}
