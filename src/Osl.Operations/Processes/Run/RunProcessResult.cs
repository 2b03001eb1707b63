using System.Globalization;
using System.Text.Json.Serialization;

namespace Osl.Operations.Processes;

/// <summary>A program has run to its end. A non-zero exit code is a result, not an error.</summary>
/// <param name="Process">Which process it was.</param>
/// <param name="Pgid">The process group it was in.</param>
/// <param name="Exit">How it ended and what it used.</param>
/// <param name="StandardOutput">What it wrote, where that was captured.</param>
/// <param name="StandardError">What it wrote as errors, where that was captured.</param>
public sealed record RunProcessResult(
    ProcessRef Process,
    int Pgid,
    ProcessExit Exit,
    CapturedOutput StandardOutput,
    CapturedOutput StandardError
) : ExecutionResult
{
    /// <summary>Its pid.</summary>
    [JsonIgnore]
    public int Pid => Process.Pid;

    /// <summary>How it ended.</summary>
    [JsonIgnore]
    public ExitStatus ExitStatus => Exit.Status ?? new ExitStatus(null);

    /// <summary>How many members of its group it left behind, which were then ended.</summary>
    public int LeftBehind { get; init; }

    /// <summary>Processes it started that left its group (setsid(2)) and are still alive.</summary>
    public ValueList<ProcessRef> Escaped { get; init; }

    /// <summary>This result, if the program exited with 0.</summary>
    /// <exception cref="OperationException">It exited otherwise.</exception>
    public RunProcessResult EnsureSuccess() =>
        ExitStatus.IsSuccess
            ? this
            : throw new OperationException(
                new OperationFailed("nonzero_exit", $"The program ended with {ExitStatus}.", "Look at what it wrote to standard error.")
                {
                    Effect = OperationEffect.Happened,
                }
            );

    /// <inheritdoc/>
    protected override void Describe(IDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        metadata["pid"] = Pid.ToString(CultureInfo.InvariantCulture);
        metadata["pgid"] = Pgid.ToString(CultureInfo.InvariantCulture);
        metadata["is_group_leader"] = Pgid == Pid ? "true" : "false";
        metadata["exit"] = ExitStatus.ToString();
    }
}
