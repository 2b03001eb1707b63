using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Osl.Security.Policies;

namespace Osl.Extensions.Hosting;

/// <summary>Finds every mistake in the settings at once, policies included: a host that would refuse later should not start.</summary>
internal sealed class OslSettingsValidator(IOptions<HostOptions> host) : IValidateOptions<OslSettings>
{
    public ValidateOptionsResult Validate(string? name, OslSettings options)
    {
        var problems = new List<string>();
        RequireAbsolute(problems, nameof(options.AuditDirectory), options.AuditDirectory);
        RequireAbsolute(problems, nameof(options.RegistryDirectory), options.RegistryDirectory);
        foreach (var file in options.PolicyFiles)
        {
            var before = problems.Count;
            RequireAbsolute(problems, nameof(options.PolicyFiles), file ?? "");
            if (problems.Count == before && PolicyFile.Load(file!).TryPickT1(out var refusal, out _))
            {
                problems.AddRange(refusal.Problems.Select(problem => Of(nameof(options.PolicyFiles), problem.ToString())));
            }
        }

        var time = host.Value.ShutdownTimeout;
        if (options.ShutdownReserve <= TimeSpan.Zero || (time != Timeout.InfiniteTimeSpan && options.ShutdownReserve >= time))
        {
            problems.Add(
                Of(
                    nameof(options.ShutdownReserve),
                    $"{options.ShutdownReserve} has to be above zero and less than HostOptions.ShutdownTimeout, which is {time}."
                )
            );
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void RequireAbsolute(List<string> problems, string member, string? path)
    {
        if (path is not null && (path.Contains('\0', StringComparison.Ordinal) || !Path.IsPathFullyQualified(path)))
        {
            // A relative one would mean another place for each working directory: what was meant can't be known.
            problems.Add(Of(member, $"'{path}' is not an absolute path."));
        }
    }

    private static string Of(string member, string problem) => $"{OslSettings.Section}:{member}: {problem}";
}
