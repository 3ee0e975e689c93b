using System.CommandLine;
using IpswDiff.Forge.Tool;

var root = new RootCommand("Builds the fixtures that IpswDiff is tested with.")
{
    FactsCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
