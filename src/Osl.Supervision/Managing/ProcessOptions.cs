using System.Threading.Channels;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

/// <summary>What can be said of a new managed process. Everything has a default.</summary>
public sealed record ProcessOptions
{
    /// <summary>What it is called; null for its program's name, with a number where that is taken.</summary>
    public string? Name { get; init; }

    /// <summary>Its arguments.</summary>
    public ValueList<Argument> Arguments { get; init; }

    /// <summary>When it is started again: never, unless said otherwise. <see cref="RestartPolicy.Times"/> for a number.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.Never;

    /// <summary>
    /// Where its output is written; null for the host's own. Stays open. A slow one holds the process back; one that fails is not written to
    /// again, and the process's output is read on.
    /// </summary>
    public Stream? Output { get; init; }

    /// <summary>Where its errors are written; null for the host's own.</summary>
    public Stream? Error { get; init; }

    /// <summary>Whether it goes on when the manager and its host have ended. Not together with writers: they end with the host.</summary>
    public bool Detach { get; init; }

    /// <summary>Variables beside, or over, those that are inherited.</summary>
    public ValueList<EnvironmentVariable> Environment { get; init; }

    /// <summary>Makes a template of it; null for none. The manager has to have a place for templates.</summary>
    public TemplateOption? Template { get; init; }

    /// <summary>
    /// Is told what changes; completed when there is no more. A full one holds nobody up: what its reader is too slow for is counted, and the
    /// count comes with the next.
    /// </summary>
    public ChannelWriter<Published<ProcessNotice>>? Notify { get; init; }

    /// <summary>Changes the operation that starts it, before it is validated and judged: limits, account, affinity, stop sequence, ….</summary>
    public Func<SpawnProcessOperation, SpawnProcessOperation>? Configure { get; init; }

    internal ProcessTemplate ToTemplate(string command, string name)
    {
        var spawn = new SpawnProcessOperation(command, Arguments)
        {
            Environment = new EnvironmentConfig { Set = Environment },
            StandardInput = StandardInputKind.Null,
            StandardOutput = Output is null ? StandardOutputConfig.Inherit : StandardOutputConfig.Pipe,
            StandardError = Error is null ? StandardOutputConfig.Inherit : StandardOutputConfig.Pipe,
            Lifetime = Detach ? ProcessLifetime.Detached : ProcessLifetime.Managed,
        };
        // Whatever it starts is ended with it, as far as it stays in its group.
        spawn = Detach ? spawn : spawn.WithNewProcessGroup();
        return new ProcessTemplate(name, Configure is null ? spawn : Configure(spawn))
        {
            Restart = Restart,
            RunOnStartup = Template?.RunOnStartup ?? false,
        };
    }
}

/// <summary>That a template is made of a new process.</summary>
/// <param name="Name">The template's name.</param>
/// <param name="RunOnStartup">Whether the process is started when a manager with this template starts.</param>
public sealed record TemplateOption(string Name, bool RunOnStartup = false);
