namespace Osl.Tests.Integration.Cli;

public sealed partial class ExamplesTests
{
    /// <summary>What the examples of the policy commands, and of dry runs, are good for.</summary>
    private static readonly Dictionary<string, Func<Scene, Task>> PolicyEffects = new(StringComparer.Ordinal)
    {
        ["osl run --dry-run --json -- make"] = scene =>
        {
            Assert.True(scene.Outcome.Json().GetProperty("dry_run").GetBoolean());
            return Task.CompletedTask;
        },
        ["osl policy check policy.yaml"] = scene => scene.TellsAsync(line => line.Contains("loads, rules: 2", StringComparison.Ordinal)),
        ["osl policy check policy.yaml --json"] = scene =>
        {
            Assert.Equal(2, scene.Outcome.Json().GetProperty("rules").GetInt32());
            return Task.CompletedTask;
        },
        ["osl policy test policy.yaml cases.yaml"] = scene => scene.PrintsAsync("1 cases, 0 failed\n"),
        ["osl policy test policy.yaml cases.yaml --json"] = scene =>
        {
            Assert.True(scene.Outcome.Json().GetProperty("passed").GetBoolean());
            return Task.CompletedTask;
        },
        ["osl policy lint policy.yaml"] = scene => scene.PrintsAsync("no findings\n"),
        ["osl policy explain -- git status"] = scene =>
            scene.TellsAsync(line => line.StartsWith("allow, by rule 'builtin:start-as-self'", StringComparison.Ordinal)),
        ["osl policy explain --signal TERM --target own-group"] = scene =>
            scene.TellsAsync(line => line.StartsWith("allow, by rule 'builtin:control-own'", StringComparison.Ordinal)),
        ["osl policy explain --json --cwd / --env LANG=C -- ls -l"] = scene =>
        {
            Assert.Equal("allow", scene.Outcome.Json().GetProperty("decision").GetString());
            return Task.CompletedTask;
        },
        ["osl policy schema"] = scene => scene.TellsAsync(line => line.Contains("json-schema.org", StringComparison.Ordinal)),
    };
}
