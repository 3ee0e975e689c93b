using IpswDiff.Forge.Samples;
using static IpswDiff.Forge.FileTree.ForgeContent;

namespace IpswDiff.Forge.AllKinds;

/// <summary>Every kind of change that a file, a directory or a symlink can have.</summary>
internal static class FilePlants
{
    internal static void Plan(VolumePlants volume)
    {
        var files = volume.Files;
        files.Keep("/usr/share/kept.txt", FromText("the same on both sides\n"));
        files.Add("/usr/share/added.txt", FromText("only in the new one\n"));
        files.Remove("/usr/share/removed.txt", FromText("only in the old one\n"));
        files.Change("/usr/share/grown.txt", FromText("short\n"), FromText("not so short any more\n"));
        files.Change("/usr/share/edited.txt", FromText("version 1\n"), FromText("version 2\n"));
        var script = FromText("#!/bin/sh\n");
        files.Change("/usr/bin/script", script, script, Modes.Program, Modes.SetUserIdProgram);
        files.FileBecomesLink("/usr/share/readme.txt", FromText("Read this.\n"), "kept.txt");
        files.FileBecomesDirectory("/usr/share/pack", FromText("packed"), "unpacked.txt", FromText("unpacked\n"));
        files.ChangeLink("/usr/share/current", "1.0", "1.1");
        files.KeepLink("/usr/share/dangling", "nowhere/at/all");
        files.AddLink("/usr/share/lost", "../gone/without/trace");
        files.Add("/usr/share/fresh/data.txt", FromText("in a directory that was not there\n"));
        files.Remove("/usr/share/retired/data.txt", FromText("in a directory that is no longer there\n"));
        volume.MoveDirectory("/usr/share/old/Thing.bundle", "/usr/share/new/Thing.bundle", "content", ("Info.plist", "info\n"), ("Contents/data", "what it holds\n"));
        files.Old.AddFile("/usr/share/old/stays.txt", "stays\n");
        files.New.AddFile("/usr/share/old/stays.txt", "stays\n");
        files.Old.AddFile("/usr/share/new/stays.txt", "stays\n");
        files.New.AddFile("/usr/share/new/stays.txt", "stays\n");
    }

    /// <summary>What only a sealed volume can tell, which keeps a hash of every file.</summary>
    internal static void PlanSealed(VolumePlants volume)
    {
        volume.Files.Keep("/usr/share/sealed.txt", FromText("kept\n"));
        volume.MoveFile("/usr/share/before.txt", "/usr/share/behind.txt", "a file under another name\n");
        volume.Files.Change("/usr/share/hashed.txt", FromText("hash 1\n"), FromText("hash 2\n"));
    }
}
