using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace IpswDiff.Service.Http;

/// <summary>What every answer says to browsers, and which names of this machine requests may use.</summary>
public static class SecurityHeaders
{
    /// <summary>
    /// A report is one file with its style and script in it, made from firmwares nobody vouches for: it lives in a
    /// sandbox without an origin.
    /// </summary>
    internal const string ReportPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-popups";

    private const string PolicyHead = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'";

    private const string PolicyTail = "; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Sets the headers of an answer.</summary>
    /// <param name="http">The request.</param>
    /// <param name="uploadOrigin">Where the page uploads firmwares to beside the service itself.</param>
    internal static void Set(HttpContext http, Uri? uploadOrigin)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = uploadOrigin is null ? PolicyHead + PolicyTail : $"{PolicyHead} {uploadOrigin.GetLeftPart(UriPartial.Authority)}{PolicyTail}";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    /// <summary>Sets the headers of every answer.</summary>
    /// <param name="app">The application.</param>
    /// <param name="loopbackOnly">
    /// Refuse requests that name another host than this machine: a page whose name was pointed at 127.0.0.1 would
    /// otherwise be of our origin.
    /// </param>
    public static IApplicationBuilder UseIpswDiffSecurity(this IApplicationBuilder app, bool loopbackOnly) => app.Use(async (http, next) =>
    {
        Set(http, null);
        if (loopbackOnly && http.Request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]"))
        {
            await Problems.AnswerAsync(http, StatusCodes.Status400BadRequest, "this service answers to localhost only").ConfigureAwait(false);
            return;
        }

        await next(http).ConfigureAwait(false);
    });
}
