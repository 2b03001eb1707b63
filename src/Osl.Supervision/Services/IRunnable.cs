namespace Osl.Supervision.Services;

/// <summary>A service: something that runs until it is told to end, ends by itself, or fails.</summary>
public interface IRunnable
{
    /// <summary>What it is called in events and errors.</summary>
    string Name => GetType().Name;

    /// <summary>How it is told to end or to reload. The same one each time; usable before it runs.</summary>
    IProcessControlHandler Handle { get; }

    /// <summary>Those within it that have not ended yet, by name: what is told when it had to be given up. None unless said otherwise.</summary>
    IEnumerable<string> Unfinished => [];

    /// <summary>Runs it. Completes when it has ended; throws when it has failed.</summary>
    /// <param name="abandoned">Cancelled when it was asked to end and did not in time: it is not waited for any longer.</param>
    Task RunAsync(CancellationToken abandoned);
}
