namespace Osl.Tests.Integration.Cli;

public sealed partial class ExamplesTests
{
    /// <summary>What the examples of <c>osl policy</c> are good for: policy.yaml has one rule, cases.yaml one case that holds.</summary>
    private static readonly Dictionary<string, Func<Scene, Task>> PolicyEffects = new(StringComparer.Ordinal)
    {
        ["osl policy check policy.yaml"] = scene => scene.TellsAsync(line => line.Contains("1 rule", StringComparison.Ordinal)),
        ["osl policy check policy.yaml --json"] = scene =>
        {
            Assert.Equal(1, scene.Outcome.Json().GetProperty("rules").GetInt32());
            Assert.Equal(64, scene.Outcome.Json().GetProperty("hash").GetString()!.Length);
            return Task.CompletedTask;
        },
        ["osl policy explain -- git status"] = scene =>
            scene.TellsAsync(line => line.Contains("builtin:start-as-self", StringComparison.Ordinal)),
        ["osl policy explain --json --cwd / --env LANG=C -- ls -l"] = scene =>
        {
            Assert.Equal("allow", scene.Outcome.Json().GetProperty("decision").GetString());
            return Task.CompletedTask;
        },
        ["osl policy schema"] = scene => scene.TellsAsync(line => line.Contains("\"$schema\"", StringComparison.Ordinal)),
        ["osl policy lint policy.yaml"] = scene =>
            scene.TellsAsync(line => line.Contains("no finding", StringComparison.OrdinalIgnoreCase)),
        ["osl policy test policy.yaml cases.yaml"] = scene => scene.TellsAsync(line => line.Contains('1', StringComparison.Ordinal)),
        ["osl policy test policy.yaml cases.yaml --json"] = scene =>
        {
            Assert.True(scene.Outcome.Json().GetProperty("passed").GetBoolean());
            return Task.CompletedTask;
        },
    };
}
