using System.Diagnostics;

namespace Osl.Tests.Integration.Contract;

/// <summary>A named pipe by which a child says that it is ready, when its standard output is captured.</summary>
internal sealed class Fifo : IDisposable
{
    internal Fifo(string path)
    {
        Path = path;
        using var mkfifo = Process.Start("/usr/bin/mkfifo", [path]);
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
    }

    internal string Path { get; }

    internal Task<string?> ReadLineAsync(CancellationToken cancellationToken) =>
        Task.Run(
            async () =>
            {
                using var reader = new StreamReader(Path);
                return await reader.ReadLineAsync(cancellationToken);
            },
            cancellationToken
        );

    public void Dispose() => File.Delete(Path);
}
