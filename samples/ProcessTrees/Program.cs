using Osl.Hosting;
using Osl.Samples.ProcessTrees;

// What process groups are for: a script that starts others, a daemon, and a tree that is watched and held as one.
var directory = Directory.CreateTempSubdirectory("osl-trees-");
try
{
    await ScriptTree.ShowAsync(MakeHost);
    await IsolatedDaemon.ShowAsync(MakeHost);
    await ContainedTree.ShowAsync(MakeHost);
}
finally
{
    directory.Delete(recursive: true);
}

// Several hosts that share a registry know of each other's processes.
OslHost MakeHost() =>
    OslHost.Create(options =>
        options
            .UseAuditDirectory(Path.Combine(directory.FullName, "audit"))
            .UseRegistryDirectory(Path.Combine(directory.FullName, "registry"))
    );
