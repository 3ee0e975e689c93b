using System.CommandLine;
using IpswDiff.Forge.Tool;

var root = new RootCommand("Builds the fixtures that IpswDiff is tested with.")
{
    SamplesCommand.Create(),
    FactsCommand.Create(),
    CachesCommand.Create(),
    KindsCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
