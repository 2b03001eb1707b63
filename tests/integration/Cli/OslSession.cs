using System.Diagnostics;
using System.Globalization;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Cli;

/// <summary>An osl that runs: what it and its children say comes line by line, which is what tests wait for.</summary>
internal sealed class OslSession : IDisposable
{
    private readonly Process _process;
    private readonly CancellationTokenSource _limit;
    private bool _disposed;

    internal OslSession(Process process, TimeSpan patience)
    {
        _process = process;
        _limit = new CancellationTokenSource(patience);
    }

    internal int Pid => _process.Id;

    internal Task<string?> ReadLineAsync() => _process.StandardOutput.ReadLineAsync(_limit.Token).AsTask();

    internal async Task<int> ReadNumberAsync() => int.Parse((await ReadLineAsync())!, CultureInfo.InvariantCulture);

    /// <summary>Reads on until a line holds this.</summary>
    internal async Task ReadUntilAsync(string text)
    {
        while (await ReadLineAsync() is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"The output ended without '{text}'. On standard error: {await _process.StandardError.ReadToEndAsync(_limit.Token)}");
    }

    internal async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text.AsMemory(), _limit.Token);
        await _process.StandardInput.FlushAsync(_limit.Token);
    }

    internal void Signal(int signal) => Assert.Equal(0, Libc.Kill(_process.Id, signal));

    internal async Task<OslOutcome> EndAsync()
    {
        var output = new MemoryStream();
        await _process.WaitForExitAsync(_limit.Token);
        await _process.StandardOutput.BaseStream.CopyToAsync(output, _limit.Token);
        return new OslOutcome(_process.ExitCode, output.ToArray(), await _process.StandardError.ReadToEndAsync(_limit.Token));
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        _limit.Dispose();
    }
}
