using System.Diagnostics;

namespace Osl.Tests.Integration.Readme;

/// <summary>The sources as a clone has them: what git knows or would add, and nothing that was built. Made when first asked for.</summary>
public sealed class ReadmeClone : IDisposable
{
    private readonly Lazy<string> _copy = new(Make);

    public void Dispose()
    {
        if (_copy.IsValueCreated)
        {
            Directory.Delete(_copy.Value, recursive: true);
        }
    }

    internal string Copy() => _copy.Value;

    private static string Make()
    {
        var copy = Directory.CreateTempSubdirectory("osl-clone-").FullName;
        var script = """
            set -euo pipefail
            git ls-files -z --cached --others --exclude-standard |
              while IFS= read -r -d '' file; do [[ ! -e $file ]] || printf '%s\0' "$file"; done |
              tar --null -T - -cf - | tar -xf - -C "$0"
            """;
        using var process = Process.Start(
            new ProcessStartInfo("/bin/bash", ["-c", script, copy]) { WorkingDirectory = ReadmeBlock.Repository }
        )!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return copy;
    }
}
