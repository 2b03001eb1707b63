using System.Diagnostics;
using Osl.Tests.Integration.Contract;

namespace Osl.Tests.Integration.Linux;

/// <summary>A doorbell as Linux has it (fifo(7)).</summary>
internal sealed class Fifo : Doorbell
{
    internal Fifo(string path)
        : base(path)
    {
        using var mkfifo = Process.Start("/usr/bin/mkfifo", [path]);
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
    }

    public override Task<string?> ReadLineAsync(CancellationToken cancellationToken) =>
        Task.Run(
            async () =>
            {
                using var reader = new StreamReader(Path);
                return await reader.ReadLineAsync(cancellationToken);
            },
            cancellationToken
        );

    protected override void Dispose(bool disposing) => File.Delete(Path);
}
