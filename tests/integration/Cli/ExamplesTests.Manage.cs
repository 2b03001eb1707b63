namespace Osl.Tests.Integration.Cli;

public sealed partial class ExamplesTests
{
    /// <summary>What the examples of the process manager are good for: a manager of services/ runs, with web and without worker.</summary>
    private static readonly Dictionary<string, Func<Scene, Task>> ManageEffects = new(StringComparer.Ordinal)
    {
        ["osl manage services --check"] = scene => scene.TellsAsync(line => line.StartsWith("web     yes ", StringComparison.Ordinal)),
        ["osl start worker --dir services"] = scene =>
            scene.TellsAsync(line => line.StartsWith("worker  running ", StringComparison.Ordinal)),
        ["osl stop web --dir services"] = scene => scene.TellsAsync(line => line.StartsWith("web   ended ", StringComparison.Ordinal)),
        ["osl restart web --dir services"] = scene => scene.TellsAsync(line => line.StartsWith("web   running ", StringComparison.Ordinal)),
        ["osl status --dir services"] = scene => scene.TellsAsync(line => line.StartsWith("worker  idle ", StringComparison.Ordinal)),
        ["osl status web --json --dir services"] = scene =>
        {
            Assert.Equal("running", scene.Outcome.Json().GetProperty("state").GetString());
            return Task.CompletedTask;
        },
    };
}
