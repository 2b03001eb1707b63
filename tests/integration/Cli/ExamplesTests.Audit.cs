using System.Security.Cryptography;

namespace Osl.Tests.Integration.Cli;

public sealed partial class ExamplesTests
{
    private const string NotProven = "Not verified: ";

    /// <summary>What the examples of <c>osl audit</c> are good for: git was started, something was denied, a group runs.</summary>
    private static readonly Dictionary<string, Func<Scene, Task>> AuditEffects = new(StringComparer.Ordinal)
    {
        ["osl audit list --since 1h --denied"] = scene => scene.ListsRecordAsync(" denied ", " process 1"),
        ["osl audit list --executable git --action process.start"] = scene => scene.ListsRecordAsync(" allow ", " /usr/bin/git"),
        ["osl audit list --limit 20 --json"] = scene =>
        {
            Assert.Equal(20, scene.Outcome.JsonLines().Count(line => line.TryGetProperty("record", out _)));
            return Task.CompletedTask;
        },
        ["osl audit show 0"] = scene =>
        {
            Assert.StartsWith("record 0\n", scene.Outcome.Output, StringComparison.Ordinal);
            Assert.Contains("\n    path: /usr/bin/git\n", scene.Outcome.Output, StringComparison.Ordinal);
            return Task.CompletedTask;
        },
        ["osl audit show --pgid 4711"] = scene => scene.TellsAsync(line => line.Contains(" started ", StringComparison.Ordinal)),
        ["osl audit report"] = scene => scene.TellsAsync(line => line.EndsWith(" /usr/bin/git", StringComparison.Ordinal)),
        ["osl audit report --since 24h --json"] = scene =>
        {
            var total = Assert.Single(scene.Outcome.JsonLines(), line => line.GetProperty("part").GetString() is "total");
            Assert.Equal(1, total.GetProperty("denied").GetInt32());
            return Task.CompletedTask;
        },
        ["osl audit export --since 7d"] = async scene =>
            Assert.Equal((await scene.Osl.RecordsAsync()).Count, scene.Outcome.JsonLines().Count),
        ["osl audit export --csv --action process.start"] = scene =>
        {
            var lines = scene.Outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.StartsWith("index,time,type,", lines[0], StringComparison.Ordinal);
            Assert.All(lines[1..], line => Assert.Contains(",process.start,", line, StringComparison.Ordinal));
            return scene.TellsAsync(line => line.StartsWith("0,", StringComparison.Ordinal));
        },
        ["osl audit follow --from 0 --count 4 --json"] = scene =>
        {
            Assert.Equal([0, 1, 2, 3], scene.Outcome.JsonLines().Select(line => line.GetProperty("index").GetInt32()));
            return Task.CompletedTask;
        },
        ["osl audit follow --from 0 --count 1 --executable git"] = scene => scene.ListsRecordAsync(" allow ", " /usr/bin/git"),
        ["osl audit key init --out k.pem && osl run true && osl audit verify --key k.pem"] = scene =>
        {
            Assert.StartsWith("clean", scene.Outcome.Output.Split('\n')[1], StringComparison.Ordinal);
            using var verification = ECDsa.Create();
            verification.ImportFromPem(File.ReadAllText(Path.Combine(scene.Osl.Directory, "k.pem")));
            return Task.CompletedTask;
        },
        ["osl audit key init --out k.pem"] = scene =>
        {
            using var verification = ECDsa.Create();
            verification.ImportFromPem(File.ReadAllText(Path.Combine(scene.Osl.Directory, "k.pem")));
            var fingerprint = Convert.ToHexStringLower(SHA256.HashData(verification.ExportSubjectPublicKeyInfo()));
            Assert.Equal($"k.pem: the public key, fingerprint {fingerprint}\n", scene.Outcome.Output);
            return Task.CompletedTask;
        },
        ["osl audit key init && osl audit key show --json"] = scene =>
        {
            var shown = scene.Outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
            Assert.Contains("\"fingerprint\":\"", shown, StringComparison.Ordinal);
            return Task.CompletedTask;
        },
        ["osl audit key init && osl audit key rotate"] = scene => scene.PrintsKeysAsync(2),
    };
}
