using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision.Pools;

namespace Osl.Samples.AgentHost;

/// <summary>
/// Runs tools for users: each call on behalf of who asked, so that the policy judges him and the journal names him; so many at once and
/// no longer than a minute each, so that no user can take the machine from the others.
/// </summary>
internal sealed class Tools(ProcessPool pool, string directory)
{
    /// <summary>What an agent is told: the tool's output, or why not and what to do.</summary>
    internal async Task<string> CallAsync(Principal user, string reason, string tool, params string[] arguments)
    {
        var spawn = new SpawnProcessOperation(tool)
            .WithArguments(arguments)
            .WithWorkingDirectory(directory)
            .WithNewProcessGroup()
            .WithCapturedOutput(limit: 64 * 1024)
            .WithStandardInput(StandardInputKind.Null)
            .WithTimeLimit(TimeSpan.FromMinutes(1));
        var outcome = await pool.RunAsync(new RunProcessOperation(spawn), new OperationContext(user, reason));
        return outcome.Match(
            run => run.ExitStatus.IsSuccess ? $"ok {run.StandardOutput.Text.Trim()}".Trim() : $"{run.ExitStatus}",
            error => $"{error.Code}: {error.Message}"
        );
    }
}
