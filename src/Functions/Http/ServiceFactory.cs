using IpswDiff.Diffing.Storage;
using IpswDiff.Functions.Workflow;
using IpswDiff.Service;
using Microsoft.DurableTask.Client;

namespace IpswDiff.Functions.Http;

/// <summary>The service over what is composed once, and the client of Durable Functions, which every call of a function brings.</summary>
/// <param name="catalog">The catalogue.</param>
/// <param name="artifacts">Where the artifacts of runs lie.</param>
/// <param name="firmwares">Where firmwares lie.</param>
/// <param name="options">The settings.</param>
public sealed class ServiceFactory(IRunCatalog catalog, IArtifactStore artifacts, IFirmwareStore firmwares, FunctionsOptions options)
{
    /// <summary>The service whose comparisons are orchestrations.</summary>
    public DiffService Create(DurableTaskClient client) =>
        new(catalog, artifacts, firmwares, new DurableRunLauncher(client), options.Service, TimeProvider.System);
}
