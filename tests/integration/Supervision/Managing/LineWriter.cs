using System.Threading.Channels;
using Osl.Hosting.Managing;

namespace Osl.Tests.Integration.Supervision.Managing;

/// <summary>What a daemon writes, line by line: that is how a test learns that it serves.</summary>
internal sealed class LineWriter : LineStream
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _seen = [];

    /// <summary>Reads on until a line holds this.</summary>
    internal async Task UntilAsync(string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            while (true)
            {
                var line = await _lines.Reader.ReadAsync(limit.Token);
                _seen.Add(line);
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"It never wrote '{text}', but:\n{string.Join('\n', _seen)}");
        }
    }

    protected override void OnLine(string line) => _ = _lines.Writer.TryWrite(line);
}
