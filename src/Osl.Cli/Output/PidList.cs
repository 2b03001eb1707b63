using System.Globalization;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Cli.Output;

/// <summary>Processes for people: <c>4711 (sleep), 4712</c>.</summary>
internal static class PidList
{
    /// <summary>With the names of those that still have one.</summary>
    internal static string Of(ValueList<ProcessRef> processes, IProcessTable? table = null) =>
        string.Join(", ", processes.Select(process => Describe(process, table)));

    private static string Describe(ProcessRef process, IProcessTable? table) =>
        table?.Read(process) is { IsAlive: true } state
            ? string.Create(CultureInfo.InvariantCulture, $"{process.Pid} ({state.Name})")
            : process.Pid.ToString(CultureInfo.InvariantCulture);
}
