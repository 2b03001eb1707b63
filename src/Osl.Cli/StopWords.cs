using System.Runtime.InteropServices;

namespace Osl.Cli;

/// <summary>What a signal says to osl.</summary>
internal enum StopWord
{
    /// <summary>Nothing more than was said before.</summary>
    Nothing,

    /// <summary>To end.</summary>
    End,

    /// <summary>That somebody has lost patience.</summary>
    Hurry,
}

/// <summary>
/// What signals say one after the other. Thread-safe: .NET hands each to a thread of its pool.
/// </summary>
/// <remarks>
/// One word may come as two signals: timeout(1) sends its signal to its child and then to its own group, in which that is, and a terminal's end
/// brings SIGHUP beside whatever else ends what runs there. So what comes right behind the first is the same word.
/// </remarks>
/// <param name="time">The clock.</param>
internal sealed class StopWords(TimeProvider time)
{
    /// <summary>Nobody has lost patience within that.</summary>
    internal static readonly TimeSpan SameWord = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private long? _first;

    /// <summary>A signal has come.</summary>
    /// <param name="signal">Which one.</param>
    internal StopWord Hear(PosixSignal signal)
    {
        lock (_gate)
        {
            if (_first is not { } first)
            {
                _first = time.GetTimestamp();
                return StopWord.End;
            }

            return signal is PosixSignal.SIGINT or PosixSignal.SIGTERM && time.GetElapsedTime(first) >= SameWord
                ? StopWord.Hurry
                : StopWord.Nothing;
        }
    }
}
