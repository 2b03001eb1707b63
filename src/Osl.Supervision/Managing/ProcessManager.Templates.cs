using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Supervision;

// What is written down.
public sealed partial class ProcessManager
{
    /// <summary>Reads one template.</summary>
    /// <param name="name">Its name.</param>
    public OneOf<ProcessTemplate, OperationError> GetTemplate(string name) =>
        Options.Templates is { } store ? store.Load(name) : NoTemplates();

    /// <summary>Reads all templates, or none of them.</summary>
    public OneOf<IReadOnlyList<ProcessTemplate>, OperationError> GetAllTemplates() =>
        Options.Templates is { } store ? store.LoadAll() : NoTemplates();

    /// <summary>Writes the template of a process that was defined.</summary>
    /// <param name="process">The process.</param>
    /// <returns>Null; else why not.</returns>
    public OperationError? SaveTemplate(ManagedProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return process.Template is not { } template
                ? new Unsupported($"a template of '{process.Name}', whose command is not known", "Make it with a command.")
            : Options.Templates is not { } store ? NoTemplates()
            : WhyNotSaved(template) ?? store.Save(template);
    }

    /// <summary>
    /// Defines a process for each template, and starts those that say so. One template that does not load refuses all, before anything
    /// is defined or started.
    /// </summary>
    /// <param name="cancellationToken">Starts no more.</param>
    /// <returns>By name what could not be started, which hinders no other; empty when all is well. Or why nothing was done.</returns>
    public async ValueTask<OneOf<IReadOnlyDictionary<string, OperationError>, OperationError>> StartTemplatesAsync(
        CancellationToken cancellationToken = default
    )
    {
        if (!GetAllTemplates().TryPickT0(out var templates, out var refused))
        {
            return refused;
        }

        var failures = new Dictionary<string, OperationError>(StringComparer.Ordinal);
        List<ManagedProcess> toStart = [];
        foreach (var template in templates)
        {
            if (!NewProcess(template).TryPickT0(out var process, out var error))
            {
                failures[template.Name] = error;
            }
            else if (template.RunOnStartup)
            {
                toStart.Add(process);
            }
        }

        foreach (var process in toStart)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if ((await process.StartAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).TryPickT1(out var error, out _))
            {
                failures[process.Name] = error;
            }
        }

        return failures;
    }

    private OperationError? SaveAs(ProcessTemplate template, ProcessOptions options) =>
        Options.Templates is not { } store ? NoTemplates()
        : options.Output is not null || options.Error is not null
            ? new ValidationFailed(["Template: writers of the host can't be written to a file."])
        : template.WhyNotUsable() ?? WhyNotSaved(template) ?? store.Save(template);

    /// <summary>Why it can't be written to a file without loss; null when it can. Pipes can't: they lead to writers of the host.</summary>
    private static ValidationFailed? WhyNotSaved(ProcessTemplate template) =>
        template.Spawn.StandardOutput.Kind == StandardOutputKind.Pipe || template.Spawn.StandardError.Kind == StandardOutputKind.Pipe
            ? new ValidationFailed(["Template: writers of the host can't be written to a file."])
            : null;

    private static OperationFailed NoTemplates() =>
        new(
            "no_templates",
            "This manager has no place for templates.",
            "Name a directory (Osl:ProcessManager:TemplateDirectory, or ProcessManagerOptions.Templates)."
        );
}
