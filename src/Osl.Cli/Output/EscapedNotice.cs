using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Cli.Output;

/// <summary>Names who left the process group and lives on, and says what to do about it.</summary>
internal static class EscapedNotice
{
    /// <summary>To standard error; nothing when nobody has.</summary>
    /// <param name="io">Where to.</param>
    /// <param name="escaped">Who.</param>
    /// <param name="table">For their names.</param>
    internal static void Tell(CliIo io, ValueList<ProcessRef> escaped, IProcessTable? table = null)
    {
        if (escaped.Count > 0)
        {
            io.Refuse(
                $"Still alive, since they left the process group: {PidList.Of(escaped, table)}.",
                "End them by their pids. What runs with --containment cgroup or pidns can't leave."
            );
        }
    }
}
