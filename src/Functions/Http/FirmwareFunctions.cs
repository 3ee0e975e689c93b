using IpswDiff.Service;
using IpswDiff.Service.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Http;

/// <summary>Firmwares over HTTP: the endpoints of the service, each a function that asks for a key.</summary>
/// <param name="services">Makes the service.</param>
public sealed class FirmwareFunctions(ServiceFactory services)
{
    /// <summary><c>GET /api/firmwares</c>.</summary>
    [Function("ListFirmwares")]
    public IResult List([HttpTrigger(AuthorizationLevel.Function, "get", Route = ApiRoutes.Firmwares)] HttpRequest request, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.Firmwares(services.Create(client));

    /// <summary><c>PUT /api/firmwares/{name}</c>; the host takes some 100 MB, larger ones go to the address that <see cref="PrepareUpload"/> names.</summary>
    [Function("UploadFirmware")]
    public IResult Upload(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = ApiRoutes.FirmwareUpload)] HttpRequest request, string name, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.Upload(services.Create(client), name);

    /// <summary><c>POST /api/firmwares/{name}/upload</c>.</summary>
    [Function("PrepareUpload")]
    public IResult PrepareUpload(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = ApiRoutes.FirmwareUploadAddress)] HttpRequest request, string name, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.PrepareUpload(services.Create(client), name);

    /// <summary><c>POST /api/firmwares/{name}</c>.</summary>
    [Function("RegisterFirmware")]
    public IResult Register(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = ApiRoutes.Firmware)] HttpRequest request, string name, [DurableClient] DurableTaskClient client) =>
        DiffEndpoints.Register(services.Create(client), name);
}
