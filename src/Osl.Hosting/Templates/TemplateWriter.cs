using System.Globalization;
using System.Text;
using System.Text.Json;
using Osl.Operations.Processes;
using Osl.Security.Policies;
using Osl.Supervision;

namespace Osl.Hosting.Templates;

/// <summary>Writes a template as people would: only what is not the default. Every text in double quotes, as JSON has them.</summary>
internal static class TemplateWriter
{
    internal static string Write(ProcessTemplate template)
    {
        var text = new StringBuilder("version: 1\n");
        var spawn = template.Spawn;
        Line(text, "name", Quote(template.Name));
        Line(text, "program", Quote(spawn.Program));
        if (spawn.Arguments.Count > 0)
        {
            Line(text, "arguments", List(spawn.Arguments.Select(argument => Quote(argument.Value))));
        }

        Line(text, "directory", spawn.WorkingDirectory is { } directory ? Quote(directory) : null);
        if (spawn.Environment.Set.Count > 0)
        {
            text.Append("environment:\n");
            foreach (var variable in spawn.Environment.Set)
            {
                text.Append("  ").Append(Quote(variable.Name)).Append(": ").Append(Quote(variable.Value)).Append('\n');
            }
        }

        Line(text, "cleanEnvironment", spawn.Environment.Clean ? "true" : null);
        Line(text, "runOnStartup", template.RunOnStartup ? "true" : null);
        Line(text, "notify", template.Notify ? "true" : null);
        Line(text, "detach", spawn.Lifetime == ProcessLifetime.Detached ? "true" : null);
        Line(text, "containment", ContainmentLevels.WordOf(spawn.Containment));
        Restart(text, template.Restart);
        Stop(text, spawn.StopSequence);
        Line(text, "timeLimit", spawn.TimeLimit is { } limit ? Keywords.Write(limit) : null);
        Line(text, "output", Output(spawn, spawn.StandardOutput));
        Line(text, "error", Output(spawn, spawn.StandardError));
        Line(text, "user", spawn.RunAs is { } account ? Quote(account.User) : null);
        if (spawn.CpuAffinity.Count > 0)
        {
            Line(text, "affinity", List(spawn.CpuAffinity.Select(Number)));
        }

        Line(text, "nice", spawn.Nice is { } nice ? Number(nice) : null);
        Line(text, "umask", spawn.Umask is { } umask ? Quote(Convert.ToString(umask, 8).PadLeft(3, '0')) : null);
        return text.ToString();
    }

    private static void Restart(StringBuilder text, RestartPolicy policy)
    {
        if (policy == RestartPolicy.Never)
        {
            return;
        }

        if (policy == RestartPolicy.Times(policy.MaxRestarts))
        {
            Line(text, "restarts", Count(policy.MaxRestarts));
            return;
        }

        text.Append("restart:\n");
        Line(
            text,
            "  when",
            policy.When switch
            {
                RestartWhen.Never => "never",
                RestartWhen.Always => "always",
                _ => "on-failure",
            }
        );
        Line(text, "  initialDelay", Keywords.Write(policy.InitialDelay));
        Line(text, "  factor", Real(policy.Factor));
        Line(text, "  maxDelay", Keywords.Write(policy.MaxDelay));
        Line(text, "  jitter", Real(policy.Jitter));
        Line(text, "  maxRestarts", Count(policy.MaxRestarts));
        Line(text, "  window", policy.Window is { } window ? Keywords.Write(window) : "never");
        Line(text, "  healthyAfter", policy.HealthyAfter is { } healthy ? Keywords.Write(healthy) : "never");
    }

    private static void Stop(StringBuilder text, StopSequence sequence)
    {
        if (sequence != StopSequence.Default && sequence.Steps.Count > 0)
        {
            Line(text, "stop", $"{{signal: {Quote(sequence.Steps[0].Signal.Name)}, grace: {Keywords.Write(sequence.Steps[0].Wait)}}}");
        }
    }

    private static string? Output(SpawnProcessOperation spawn, StandardOutputConfig output) =>
        output.Kind switch
        {
            StandardOutputKind.Null => "none",
            StandardOutputKind.SameAsOutput => "same",
            StandardOutputKind.File => $"{{file: {Quote(output.File ?? "")}"
                + $"{(output.RotateSize > 0 ? $", rotateSize: {Number(output.RotateSize)}" : "")}"
                + $"{(output.RotateCount > 0 ? $", rotateCount: {Number(output.RotateCount)}" : "")}}}",
            StandardOutputKind.Inherit when spawn.Lifetime == ProcessLifetime.Detached => "inherit",
            _ => null,
        };

    private static void Line(StringBuilder text, string key, string? value)
    {
        if (value is not null)
        {
            text.Append(key).Append(": ").Append(value).Append('\n');
        }
    }

    private static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private static string Count(int? count) => count is { } number ? Number(number) : "unlimited";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Real(double number) => number.ToString("0.################", CultureInfo.InvariantCulture);
}
