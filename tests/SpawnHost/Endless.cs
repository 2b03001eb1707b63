using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Tests.SpawnHost;

/// <summary>
/// Whatever it starts writes its operation to DIRECTORY/ran first, then becomes a small tree; one line of output says that an
/// operation is through.
/// </summary>
internal static class Endless
{
    // Who leaves the group of a run that is through is named by it and no longer Managed; while an operation lives, so do they.
    private const string Script = "echo $OSL_OPERATION >> \"$0\"; sleep 600 & ";

    internal static Task RunAsync(OslHost osl, string directory)
    {
        var said = new Lock();
        return Task.WhenAll(Enumerable.Range(0, 4).Select(WorkAsync));

        async Task WorkAsync(int worker)
        {
            var ran = Path.Combine(directory, "ran");
            for (var turn = worker; ; turn++)
            {
                var tree = new SpawnProcessOperation(
                    "/bin/sh",
                    ["-c", Script + (turn % 3 == 0 ? "setsid sleep 600 & exec sleep 600" : "exit 0"), ran]
                )
                    .WithNewProcessGroup()
                    .WithStandardOutput(StandardOutputConfig.Null);
                var id =
                    turn % 3 == 0
                        ? (await osl.ExecuteAsync(tree, OperationContext.Current).OrThrow()).OperationId
                        : (await osl.ExecuteAsync(new RunProcessOperation(tree), OperationContext.Current).OrThrow()).OperationId;
                lock (said)
                {
                    Console.WriteLine(id);
                }
            }
        }
    }
}
