namespace IpswDiff.Service;

/// <summary>
/// The routes of the API, without the slash before them, as ASP.NET Core and the Functions host write templates.
/// <c>openapi.json</c> has the same.
/// </summary>
public static class ApiRoutes
{
    /// <summary>Comparisons.</summary>
    public const string Diffs = "api/diffs";

    /// <summary>One comparison.</summary>
    public const string Diff = Diffs + "/{id}";

    /// <summary>Its report as one page.</summary>
    public const string HtmlReport = Diff + "/" + ReportNames.Html;

    /// <summary>Its report in Markdown.</summary>
    public const string MarkdownReport = Diff + "/" + ReportNames.Markdown;

    /// <summary>Its report in JSON.</summary>
    public const string JsonReport = Diff + "/" + ReportNames.Json;

    /// <summary>A file of its report, with slashes in its name.</summary>
    public const string ReportFile = Diff + "/report/{*name}";

    /// <summary>The details of an item, with slashes in their name.</summary>
    public const string Item = Diff + "/items/{*name}";

    /// <summary>Firmwares.</summary>
    public const string Firmwares = "api/firmwares";

    /// <summary>One firmware.</summary>
    public const string Firmware = Firmwares + "/{name}";

    /// <summary>
    /// One firmware by a name that may have slashes, so that such a name is told from a route that there is not.
    /// </summary>
    public const string FirmwareUpload = Firmwares + "/{*name}";

    /// <summary>Where a firmware may be uploaded to.</summary>
    public const string FirmwareUploadAddress = Firmware + "/upload";

    /// <summary>The description of the API.</summary>
    public const string OpenApi = "openapi.json";
}
